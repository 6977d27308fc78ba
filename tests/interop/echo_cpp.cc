/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The echo service spoken by Apache's C++ library, as a peer of t4100-pairs.py,
 * which says what such a one reads and prints: a client that calls every kind
 * of method, and servers, of the default service and of "named".
 */
#include <cmath>
#include <csignal>
#include <cstring>
#include <iostream>
#include <limits>
#include <memory>
#include <sstream>
#include <string>

#include <unistd.h>

#include <thrift/TApplicationException.h>
#include <thrift/processor/TMultiplexedProcessor.h>
#include <thrift/protocol/THeaderProtocol.h>
#include <thrift/protocol/TMultiplexedProtocol.h>

#include "Echo.h"
#include "echo_cpp_stack.h"

using namespace apache::thrift;
using namespace apache::thrift::protocol;
using std::shared_ptr;
using std::string;

static std::ostringstream problems;

static bool over_http;

/* Its JSON reader makes nothing of \u0000. */
static bool has_nul = true;

#define CHECK(cond) do {						\
	if (!(cond)) {							\
		problems << __LINE__ << ": " << #cond << "; ";		\
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

static void
check_unknown_method(EchoClient &c, shared_ptr<TProtocol> p)
{
	Echo_nothing_args args;
	TApplicationException e;
	TMessageType type;
	string name;
	int32_t seqid;

	p->writeMessageBegin("no_such", T_CALL, 9);
	args.write(p.get());
	p->writeMessageEnd();
	p->getTransport()->writeEnd();
	p->getTransport()->flush();
	p->readMessageBegin(name, type, seqid);
	e.read(p.get());
	p->readMessageEnd();
	p->getTransport()->readEnd();
	CHECK(name == "no_such" && type == T_EXCEPTION);
	CHECK(e.getType() == TApplicationException::UNKNOWN_METHOD);
	c.nothing();
}

static void
run_client(const row &r, const tls_files &files)
{
	auto p = stack_connect(r, files);
	auto first = std::make_shared<TMultiplexedProtocol>(p, "first");
	auto second = std::make_shared<TMultiplexedProtocol>(p, "second");
	EchoClient c(p), c1(first), c2(second);

	has_nul = r.protocol != "json";
	over_http = r.framing == "http";
	check_scalars(c);
	check_containers(c);
	check_failures(c, "");
	check_unknown_method(c, p);
	check_failures(c1, "first");
	check_containers(c2);
	check_failures(c2, "second");
	check_unknown_service(p);
	check_failures(c1, "first");
	if (r.is_header())
		check_headers(c, std::dynamic_pointer_cast<THeaderProtocol>(p));
	/* No close(): it flushes, and TZlibTransport fails with nothing to. */
}

static string
run_server(const row &r, const tls_files &files)
{
	auto processor = std::make_shared<TMultiplexedProcessor>();

	processor->registerDefault(std::make_shared<EchoProcessor>(
	    std::make_shared<Handler>("base")));
	processor->registerProcessor("named", std::make_shared<EchoProcessor>(
	    std::make_shared<Handler>("named")));
	return stack_serve(r, files, processor);
}

static string
run(const string &what, const row &r, const tls_files &files)
{
	problems.str("");
	try {
		if (what == "server")
			return run_server(r, files);
		run_client(r, files);
	} catch (const std::exception &e) {
		problems << e.what();
	}
	return problems.str() == "" ? "ok" : problems.str();
}

int
main(int argc, char **argv)
{
	string line;

	if (argc != 5) {
		std::cerr << "usage: echo_cpp client|server CA CERTIFICATE "
		    "KEY\n";
		return 2;
	}
	signal(SIGPIPE, SIG_IGN);
	GlobalOutput.setOutputFunction([](const char *) {});
	while (std::getline(std::cin, line)) {
		std::istringstream words(line);
		row r;

		words >> r.address >> r.protocol >> r.framing >> r.layers;
		std::cout << run(argv[1], r, { argv[2], argv[3], argv[4] }) <<
		    std::endl;
	}
	/* The servers are in threads that know no end. */
	_exit(0);
}
