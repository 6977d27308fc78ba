/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The echo service spoken by Apache's C++ library: a client that calls every
 * kind of method (echo_cpp client PORT PROTOCOL FRAMING [SERVICE], exit status
 * 0 if all was right), and a server (echo_cpp server PROTOCOL FRAMING, which
 * prints its port and ends with its standard input; it serves as the default
 * service and as "named").
 */
#include <cmath>
#include <cstring>
#include <iostream>
#include <limits>
#include <memory>
#include <string>
#include <thread>

#include <unistd.h>

#include <thrift/TApplicationException.h>
#include <thrift/processor/TMultiplexedProcessor.h>
#include <thrift/protocol/TBinaryProtocol.h>
#include <thrift/protocol/TCompactProtocol.h>
#include <thrift/protocol/THeaderProtocol.h>
#include <thrift/protocol/TJSONProtocol.h>
#include <thrift/protocol/TMultiplexedProtocol.h>
#include <thrift/server/TThreadedServer.h>
#include <thrift/transport/TBufferTransports.h>
#include <thrift/transport/THeaderTransport.h>
#include <thrift/transport/THttpClient.h>
#include <thrift/transport/THttpServer.h>
#include <thrift/transport/TServerSocket.h>
#include <thrift/transport/TSocket.h>

#include "Echo.h"

using namespace apache::thrift;
using namespace apache::thrift::protocol;
using namespace apache::thrift::server;
using namespace apache::thrift::transport;
using std::shared_ptr;
using std::string;

static int failures;

static bool over_http;

/* Its JSON reader makes nothing of \u0000. */
static bool has_nul = true;

#define CHECK(cond) do {						\
	if (!(cond)) {							\
		std::cerr << __LINE__ << ": " << #cond << "\n";		\
		failures++;						\
	}								\
} while (0)

class Handler : public EchoIf {
	int32_t sum = 0;
	string name;
public:
	Handler(const string &n) : name(n) {}
	void inherited(string &r, const string &text) { r = name + " " + text; }
	void nothing() {}
	bool echo_bool(const bool v) { return v; }
	int8_t echo_i8(const int8_t v) { return v; }
	int16_t echo_i16(const int16_t v) { return v; }
	int32_t echo_i32(const int32_t v) { return v; }
	int64_t echo_i64(const int64_t v) { return v; }
	double echo_double(const double v) { return v; }
	void echo_string(string &r, const string &v) { r = v; }
	void echo_binary(string &r, const string &v) { r = v; }
	void echo_struct(Outer &r, const Outer &v) { r = v; }
	void echo_list(std::vector<Inner> &r, const std::vector<Inner> &v)
	    { r = v; }
	void echo_set(std::set<string> &r, const std::set<string> &v)
	    { r = v; }
	void echo_map(std::map<int32_t, string> &r,
	    const std::map<int32_t, string> &v) { r = v; }
	void echo_map_of_lists(std::map<string, std::vector<int32_t>> &r,
	    const std::map<string, std::vector<int32_t>> &v) { r = v; }
	void echo_union(Choice &r, const Choice &v) { r = v; }
	Colour::type echo_enum(const Colour::type v) { return v; }
	int32_t refuse(const int32_t code, const string &why)
	{
		if (code == 0)
			return 0;
		Refused e;
		e.code = code;
		e.why = why;
		throw e;
	}
	int32_t fail(const string &why) { throw std::runtime_error(why); }
	void note(const int32_t number) { sum += number; }
	int32_t noted() { return sum; }
};

static bool
is_header(const string &framing)
{
	return framing == "header" || framing == "header+zlib";
}

static shared_ptr<TProtocol>
make_header(const string &name, const string &framing,
    shared_ptr<TTransport> t)
{
	auto p = std::make_shared<THeaderProtocol>(t, name == "compact" ?
	    T_COMPACT_PROTOCOL : T_BINARY_PROTOCOL);

	if (framing == "header+zlib")
		std::dynamic_pointer_cast<THeaderTransport>(p->getTransport())
		    ->setTransform(THeaderTransport::ZLIB_TRANSFORM);
	return p;
}

static shared_ptr<TProtocol>
make_protocol(const string &name, const string &framing,
    shared_ptr<TTransport> t)
{
	if (is_header(framing))
		return make_header(name, framing, t);
	if (name == "compact")
		return std::make_shared<TCompactProtocol>(t);
	if (name == "json")
		return std::make_shared<TJSONProtocol>(t);
	if (name == "binary-nonstrict") {
		auto p = std::make_shared<TBinaryProtocol>(t);
		p->setStrict(false, false);
		return p;
	}
	return std::make_shared<TBinaryProtocol>(t);
}

static Outer
make_outer()
{
	Inner inner;
	Outer o;

	inner.number = -7;
	inner.text = "inner";
	o.flag = true;
	o.tiny = -128;
	o.small = -32768;
	o.medium = std::numeric_limits<int32_t>::min();
	o.large = std::numeric_limits<int64_t>::min();
	o.real = -0.5;
	o.text = string("NUL \0 and \xc3\xa9", 12);
	if (!has_nul)
		o.text = "\"\\/\b\f\n\r\t\x01\x7f\xf0\x9f\x98\x80";
	for (int i = 0; i < 256; i++)
		o.bytes += (char)i;
	o.inner = inner;
	o.inners.assign(20, inner);
	o.lists["a"] = { 1, -1, 2147483647 };
	o.lists["empty"] = {};
	o.numbers = { 1, 2, 3 };
	o.colour = Colour::BLUE;
	o.__set_maybe(inner);
	o.__set_perhaps(std::numeric_limits<int64_t>::max());
	for (int i = 0; i < 20; i++)
		o.flags.push_back(i % 3 == 0);
	return o;
}

static void
check_scalars(EchoClient &c)
{
	c.nothing();
	CHECK(c.echo_bool(true) && !c.echo_bool(false));
	for (int v : { 0, 1, -1, 127, -128 })
		CHECK(c.echo_i8((int8_t)v) == v);
	for (int v : { 0, 1, -1, 32767, -32768 })
		CHECK(c.echo_i16((int16_t)v) == v);
	for (int32_t v : { 0, 1, -1, std::numeric_limits<int32_t>::max(),
	    std::numeric_limits<int32_t>::min() })
		CHECK(c.echo_i32(v) == v);
	for (int64_t v : { (int64_t)0, (int64_t)-1,
	    std::numeric_limits<int64_t>::max(),
	    std::numeric_limits<int64_t>::min() })
		CHECK(c.echo_i64(v) == v);
	for (double v : { 0.0, -0.0, 1e307, 5e-324, (double)INFINITY }) {
		double r = c.echo_double(v);

		CHECK(memcmp(&r, &v, sizeof(v)) == 0);
	}
	CHECK(std::isnan(c.echo_double(NAN)));
}

static void
check_containers(EchoClient &c)
{
	Outer big = make_outer(), back;
	string s;

	for (const string &v : { string(), string("\0", 1),
	    string("a\0b", 3), string(70000, 'x') }) {
		if (has_nul || v.find('\0') == string::npos) {
			c.echo_string(s, v);
			CHECK(s == v);
		}
		c.echo_binary(s, v);
		CHECK(s == v);
	}
	c.echo_struct(back, big);
	CHECK(back == big);

	std::vector<Inner> l, lr;
	for (int i = 0; i < 100; i++) {
		Inner x;

		x.number = i;
		x.text = std::to_string(i);
		l.push_back(x);
	}
	c.echo_list(lr, l);
	CHECK(lr == l);
	std::set<string> t = { "a", "b", "c" }, tr;
	c.echo_set(tr, t);
	CHECK(tr == t);
	std::map<int32_t, string> m, mr;
	c.echo_map(mr, m);
	CHECK(mr == m);
	for (int i = 0; i < 50; i++)
		m[i] = std::to_string(i);
	c.echo_map(mr, m);
	CHECK(mr == m);
	std::map<string, std::vector<int32_t>> ml, mlr;
	ml["a"] = { 1, 2, 3 };
	ml["b"] = {};
	c.echo_map_of_lists(mlr, ml);
	CHECK(mlr == ml);

	Choice u, ur;
	u.__set_text("t");
	c.echo_union(ur, u);
	CHECK(ur == u);
	CHECK(c.echo_enum(Colour::GREEN) == Colour::GREEN);
	CHECK(c.echo_enum((Colour::type)77) == (Colour::type)77);
}

/* It takes the answer to a oneway for that to its next call. */
static void
reopen(EchoClient &c)
{
	auto t = c.getInputProtocol()->getTransport();

	t->close();
	t->open();
}

static void
check_failures(EchoClient &c, const string &service)
{
	string s;

	c.inherited(s, "x");
	CHECK(s == (service == "" ? "base x" : service + " x"));
	CHECK(c.echo_i32(1) == (service == "second" ? 2 : 1));
	CHECK(c.refuse(0, "") == 0);
	try {
		c.refuse(42, "declared");
		CHECK(!"an exception");
	} catch (const Refused &e) {
		CHECK(e.code == 42 && e.why == "declared");
	}
	try {
		c.fail("undeclared");
		CHECK(!"an exception");
	} catch (const TApplicationException &e) {
		CHECK(e.getType() == TApplicationException::INTERNAL_ERROR);
		CHECK(string(e.what()) == "undeclared");
	}
	int32_t before = c.noted(), tries = 0;
	c.note(5);
	if (over_http)
		reopen(c);
	while (over_http && c.noted() == before && tries++ < 1000)
		;
	CHECK(c.noted() == before + 5);
}

static shared_ptr<TTransport>
make_transport(const string &framing, shared_ptr<TTransport> t)
{
	if (framing == "framed")
		return std::make_shared<TFramedTransport>(t);
	if (is_header(framing))
		return t;
	if (framing == "http")
		return std::make_shared<THttpClient>(t, "localhost",
		    "/service");
	return std::make_shared<TBufferedTransport>(t);
}

static void
check_unknown_service(shared_ptr<TProtocol> p)
{
	EchoClient c(std::make_shared<TMultiplexedProtocol>(p, "nobody"));

	try {
		c.nothing();
		CHECK(!"an exception");
	} catch (const TApplicationException &e) {
		CHECK(e.getType() == TApplicationException::UNKNOWN_METHOD);
		CHECK(string(e.what()).find("'nobody'") != string::npos);
	}
}

static void
check_headers(EchoClient &c, shared_ptr<THeaderProtocol> p)
{
	p->setHeader("echo", string("a\xff", 2));
	p->setHeader("other", "");
	c.nothing();
	CHECK(p->getHeaders().size() == 1);
	CHECK(p->getHeaders().at("echoed") == string("a\xff", 2));
	p->clearHeaders();
	c.nothing();
	CHECK(p->getHeaders().empty());
}

static int
run_client(const string &addr, const string &protocol, const string &framing,
    const string &service)
{
	auto socket = addr[0] == '/' ? std::make_shared<TSocket>(addr) :
	    std::make_shared<TSocket>("127.0.0.1", std::stoi(addr));
	auto t = make_transport(framing, socket);
	auto p = make_protocol(protocol, framing, t);
	auto named = p;

	if (service != "")
		named = std::make_shared<TMultiplexedProtocol>(p, service);
	EchoClient c(named);
	has_nul = protocol != "json";
	over_http = framing == "http";
	t->open();
	if (service != "second")
		check_scalars(c);
	check_containers(c);
	check_failures(c, service);
	check_unknown_service(p);
	check_failures(c, service);
	if (is_header(framing))
		check_headers(c, std::dynamic_pointer_cast<THeaderProtocol>(p));
	t->close();
	return failures == 0 ? 0 : 1;
}

class Ready : public TServerEventHandler {
	shared_ptr<TServerSocket> socket;
public:
	Ready(shared_ptr<TServerSocket> s) : socket(s) {}
	void preServe() { std::cout << socket->getPort() << std::endl; }
};

static int
run_server(const string &protocol, const string &framing)
{
	auto socket = std::make_shared<TServerSocket>("127.0.0.1", 0);
	shared_ptr<TTransportFactory> tf;
	shared_ptr<TProtocolFactory> pf;

	if (framing == "http")
		tf = std::make_shared<THttpServerTransportFactory>();
	else if (framing == "framed")
		tf = std::make_shared<TFramedTransportFactory>();
	else if (is_header(framing))
		tf = std::make_shared<TTransportFactory>();
	else
		tf = std::make_shared<TBufferedTransportFactory>();
	if (is_header(framing))
		pf = std::make_shared<THeaderProtocolFactory>();
	else if (protocol == "compact")
		pf = std::make_shared<TCompactProtocolFactory>();
	else if (protocol == "json")
		pf = std::make_shared<TJSONProtocolFactory>();
	else
		pf = std::make_shared<TBinaryProtocolFactory>();
	auto processor = std::make_shared<TMultiplexedProcessor>();
	processor->registerDefault(std::make_shared<EchoProcessor>(
	    std::make_shared<Handler>("base")));
	processor->registerProcessor("named", std::make_shared<EchoProcessor>(
	    std::make_shared<Handler>("named")));
	TThreadedServer s(processor, socket, tf, pf);

	s.setServerEventHandler(std::make_shared<Ready>(socket));
	std::thread([] {
		char c;

		while (read(0, &c, 1) > 0)
			;
		_exit(0);
	}).detach();
	s.serve();
	return 0;
}

int
main(int argc, char **argv)
{
	try {
		if ((argc == 5 || argc == 6) && string(argv[1]) == "client")
			return run_client(argv[2], argv[3], argv[4],
			    argc == 6 ? argv[5] : "");
		if (argc == 4 && string(argv[1]) == "server")
			return run_server(argv[2], argv[3]);
	} catch (const std::exception &e) {
		std::cerr << e.what() << "\n";
		return 1;
	}
	std::cerr << "usage: echo_cpp client ADDR PROTOCOL FRAMING "
	    "[SERVICE]\n"
	    "       echo_cpp server PROTOCOL FRAMING\n";
	return 2;
}
