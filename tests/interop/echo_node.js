/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The echo service spoken by Apache's JavaScript library, from npm: a peer of
 * t4100-pairs.py, which says what such a one reads and prints.  It finds the
 * library, and what is generated, where NODE_PATH says.
 */
"use strict";

const assert = require("assert");
const fs = require("fs");
const readline = require("readline");
const thrift = require("thrift");
const Int64 = require("node-int64");
const Echo = require("Echo");
const types = require("echo_types");

const [side, ca, crt, key] = process.argv.slice(2);
const tls = {
	ca: fs.readFileSync(ca), cert: fs.readFileSync(crt),
	key: fs.readFileSync(key)
};
const PROTOCOLS = {
	binary: thrift.TBinaryProtocol, compact: thrift.TCompactProtocol,
	json: thrift.TJSONProtocol
};
const Kind = thrift.Thrift.TApplicationExceptionType;

function options(row) {
	return {
		protocol: PROTOCOLS[row.protocol],
		transport: row.framing === "framed" ?
		    thrift.TFramedTransport : thrift.TBufferedTransport,
		timeout: 20000
	};
}

function connect(row) {
	const o = options(row), path = row.address.replace(/^unix:/, "");
	const port = Number(path.split(":").pop());
	const is_unix = path !== row.address;

	if (row.framing === "http") {
		o.path = "/any";
		o.https = row.layers === "tls";
		o.nodeOptions = o.https ? tls : {};
		return is_unix ? thrift.createHttpUDSConnection(path, o) :
		    thrift.createHttpConnection("localhost", port, o);
	}
	if (is_unix)
		return thrift.createUDSConnection(path, o);
	return row.layers === "tls" ?
	    thrift.createSSLConnection("localhost", port,
	    Object.assign(o, tls)) :
	    thrift.createConnection("127.0.0.1", port, o);
}

function int64(hex) {
	return new Int64(Buffer.from(hex, "hex"));
}

/* Its compact protocol reads every boolean of a list as false. */
function outer(row) {
	const inner = new types.Inner({ number: -7, text: "inner" });

	return new types.Outer({
		flag: true, tiny: -128, small: -32768, medium: -(2 ** 31),
		large: int64("8000000000000000"), real: -0.5,
		text: "NUL \0 and \u00e9\u4e16\u{1f600}",
		bytes: Buffer.from([0, 1, 127, 128, 255]), inner: inner,
		inners: Array(20).fill(inner),
		lists: { a: [1, -1, 2 ** 31 - 1], empty: [] },
		numbers: [1, 2, 3], colour: types.Colour.BLUE, maybe: inner,
		perhaps: int64("7fffffffffffffff"),
		flags: Array(20).fill(row.protocol !== "compact")
	});
}

/* For a comparison: an Int64 is at some offset of some buffer. */
function plain(struct) {
	return JSON.parse(JSON.stringify(struct, function (key, v) {
		return this[key] instanceof Int64 ?
		    this[key].toOctetString() : v;
	}));
}

async function scalars(c, row) {
	const odd = row.protocol === "json" ? [] : [Infinity, -Infinity, NaN];

	assert.equal(await c.nothing(), undefined);
	for (const v of [true, false])
		assert.equal(await c.echo_bool(v), v);
	for (const bits of [8, 16, 32])
		for (const v of [0, 1, -1, 2 ** (bits - 1) - 1,
		    -(2 ** (bits - 1))])
			assert.equal(await c["echo_i" + bits](v), v);
	for (const v of ["0000000000000000", "ffffffffffffffff",
	    "7fffffffffffffff", "8000000000000000"])
		assert.equal((await c.echo_i64(int64(v))).toOctetString(), v);
	for (const v of [0, 1.5, 1e307, 5e-324, ...odd])
		assert(Object.is(await c.echo_double(v), v), v);
	for (const v of ["", "\0", "\u00e9\u4e16\u{1f600}", "x".repeat(70000)])
		assert.equal(await c.echo_string(v), v);
	for (const v of [Buffer.alloc(0), Buffer.alloc(5000, 255)])
		assert.deepEqual(Buffer.from(await c.echo_binary(v)), v);
	assert.equal(await c.echo_enum(types.Colour.GREEN), 2);
}

/* What stands behind an empty list in a map is lost on its JSON. */
async function containers(c, row) {
	const inners = Array.from(Array(100).keys(), i =>
	    new types.Inner({ number: i, text: String(i) }));
	const map = Object.fromEntries(Array.from(Array(50).keys(), i =>
	    [i, String(i)]));
	const lists = { a: [1, 2, 3], c: [...Array(1000).keys()], b: [] };

	assert.deepEqual(plain(await c.echo_struct(outer(row))),
	    plain(outer(row)));
	assert.deepEqual(await c.echo_list(inners), inners);
	assert.deepEqual(await c.echo_list([]), []);
	assert.deepEqual(await c.echo_set(["a", "b"]), ["a", "b"]);
	assert.deepEqual({ ...await c.echo_map(map) }, map);
	assert.deepEqual({ ...await c.echo_map_of_lists(lists) }, lists);
	assert.equal((await c.echo_union(new types.Choice({ text: "t" }))).text,
	    "t");
}

async function failures(c, service) {
	assert.equal(await c.inherited("x"), service + " x");
	assert.equal(await c.refuse(0, ""), 0);
	await assert.rejects(c.refuse(42, "declared"), e =>
	    e instanceof types.Refused && e.code === 42 &&
	    e.why === "declared");
	await assert.rejects(c.fail("undeclared"), e =>
	    e.type === Kind.INTERNAL_ERROR && e.message === "undeclared");
	/* Over HTTP the next call may take another connection. */
	const before = await c.noted();
	c.note(5);
	for (let i = 0; i < 1000 && await c.noted() === before; i++)
		;
	assert.equal(await c.noted(), before + 5);
}

async function unknown_method(c) {
	const call = new Promise((resolve, reject) => {
		c._seqid = c.new_seqid();
		c._reqs[c.seqid()] = (e, v) => e ? reject(e) : resolve(v);
		c.recv_no_such = c.recv_nothing;
		const out = new c.pClass(c.output);
		out.writeMessageBegin("no_such",
		    thrift.Thrift.MessageType.CALL, c.seqid());
		out.writeStructBegin("no_such_args");
		out.writeFieldStop();
		out.writeStructEnd();
		out.writeMessageEnd();
		c.output.flush();
	});

	await assert.rejects(call, e => e.type === Kind.UNKNOWN_METHOD);
	assert.equal(await c.nothing(), undefined);
}

async function services(connection, row) {
	const many = new thrift.Multiplexer();
	const first = many.createClient("first", Echo, connection);
	const second = many.createClient("second", Echo, connection);
	const nobody = many.createClient("nobody", Echo, connection);

	await failures(first, "first");
	await containers(second, row);
	assert.equal(await first.echo_i32(1), 1);
	assert.equal(await second.echo_i32(1), 2);
	await assert.rejects(nobody.nothing(), e =>
	    e.type === Kind.UNKNOWN_METHOD);
}

/* Whatever comes first: the end, or an error of the connection. */
function on_connection(row, calls) {
	return new Promise((resolve, reject) => {
		const connection = connect(row);

		connection.on("error", reject);
		connection.on("timeout", () => reject(Error("timeout")));
		calls(connection).then(resolve, reject).finally(() =>
		    connection.end && connection.end());
	});
}

async function run_client(row) {
	await on_connection(row, async connection => {
		const c = thrift.createClient(Echo, connection);

		await scalars(c, row);
		await containers(c, row);
		await failures(c, "base");
		await unknown_method(c);
	});
	await on_connection(row, connection =>
	    services(connection, row));
	return "ok";
}

function handler() {
	let sum = 0;
	const h = {
		nothing: async () => {},
		inherited: async text => "base " + text,
		fail: async why => { throw Error(why); },
		note: number => { sum += number; },
		noted: async () => sum,
		refuse: async (code, why) => {
			if (code)
				throw new types.Refused({ code, why });
			return 0;
		}
	};

	for (const name of Object.getOwnPropertyNames(Echo.Processor.prototype))
		if (name.startsWith("process_echo_"))
			h[name.slice("process_".length)] = async v => v;
	return h;
}

function run_server(row) {
	const o = options(row);
	let server;

	if (row.layers === "tls")
		o.tls = { cert: tls.cert, key: tls.key };
	if (row.framing === "http")
		server = thrift.createWebServer({ tls: o.tls, services: {
			"/any": Object.assign(o, {
				processor: Echo, handler: handler() })
		} });
	else
		server = thrift.createServer(Echo, handler(), o);
	server.on("error", () => {});
	return new Promise(resolve => {
		if (row.address.startsWith("unix:"))
			server.listen(row.address.slice("unix:".length),
			    () => resolve(row.address));
		else
			server.listen(0, "127.0.0.1", () => resolve(
			    "127.0.0.1:" + server.address().port));
	});
}

async function main() {
	const run = side === "client" ? run_client : run_server;

	for await (const line of readline.createInterface(process.stdin)) {
		const [address, protocol, framing, layers] = line.split(" ");
		const said = await run({ address, protocol, framing, layers })
		    .catch(e => String(e.stack));

		console.log(said.replace(/\n/g, " "));
	}
	process.exit(0);
}

main();
