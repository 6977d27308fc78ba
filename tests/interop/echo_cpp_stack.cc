/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The stacks of the C++ peer: TSSLSocket, TZlibTransport, THeader, HTTP and the
 * rest, each where the row of the matrix has it.
 */
#include "echo_cpp_stack.h"

#include <sys/socket.h>
#include <sys/un.h>

#include <cstring>
#include <future>
#include <thread>

#include <thrift/protocol/TBinaryProtocol.h>
#include <thrift/protocol/TCompactProtocol.h>
#include <thrift/protocol/THeaderProtocol.h>
#include <thrift/protocol/TJSONProtocol.h>
#include <thrift/server/TThreadedServer.h>
#include <thrift/transport/TBufferTransports.h>
#include <thrift/transport/THeaderTransport.h>
#include <thrift/transport/THttpClient.h>
#include <thrift/transport/THttpServer.h>
#include <thrift/transport/TSSLServerSocket.h>
#include <thrift/transport/TSSLSocket.h>
#include <thrift/transport/TServerSocket.h>
#include <thrift/transport/TSocket.h>
#include <thrift/transport/TZlibTransport.h>

using namespace apache::thrift;
using namespace apache::thrift::protocol;
using namespace apache::thrift::server;
using namespace apache::thrift::transport;
using std::make_shared;
using std::shared_ptr;
using std::string;

/* By a unix socket there is no name to compare with the certificate's. */
class Anybody : public AccessManager {
public:
	Decision verify(const sockaddr_storage &) noexcept { return ALLOW; }
};

static shared_ptr<TSSLSocketFactory>
make_tls(const tls_files &files, bool server)
{
	auto f = make_shared<TSSLSocketFactory>();

	f->loadCertificate(files.crt.c_str());
	f->loadPrivateKey(files.key.c_str());
	f->loadTrustedCertificates(files.ca.c_str());
	f->authenticate(!server);
	f->server(server);
	return f;
}

/* Its TLS knows unix sockets only as descriptors that are connected. */
static int
connect_unix(const string &path)
{
	struct sockaddr_un sun = {};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	sun.sun_family = AF_UNIX;
	strncpy(sun.sun_path, path.c_str(), sizeof(sun.sun_path) - 1);
	if (fd == -1 || connect(fd, (struct sockaddr *)&sun, sizeof(sun)) == -1)
		throw std::runtime_error(path + ": " + strerror(errno));
	return fd;
}

static shared_ptr<TTransport>
make_socket(const row &r, const tls_files &files)
{
	string path = r.path();
	auto colon = r.address.rfind(':');

	if (r.has_tls()) {
		auto f = make_tls(files, false);

		if (path != "") {
			f->access(make_shared<Anybody>());
			return f->createSocket(connect_unix(path));
		}
		return f->createSocket("localhost",
		    std::stoi(r.address.substr(colon + 1)));
	}
	if (path != "")
		return make_shared<TSocket>(path);
	return make_shared<TSocket>(r.address.substr(0, colon),
	    std::stoi(r.address.substr(colon + 1)));
}

static shared_ptr<TTransport>
make_transport(const row &r, shared_ptr<TTransport> t)
{
	if (r.has_zlib())
		t = make_shared<TZlibTransport>(t);
	if (r.framing == "framed")
		return make_shared<TFramedTransport>(t);
	if (r.framing == "http")
		return make_shared<THttpClient>(t, "localhost", "/service");
	if (r.is_header())
		return t;
	return make_shared<TBufferedTransport>(t);
}

static shared_ptr<TProtocol>
make_header(const row &r, shared_ptr<TTransport> t)
{
	auto p = make_shared<THeaderProtocol>(t, r.protocol == "compact" ?
	    T_COMPACT_PROTOCOL : T_BINARY_PROTOCOL);

	if (r.framing == "header+zlib")
		std::dynamic_pointer_cast<THeaderTransport>(p->getTransport())
		    ->setTransform(THeaderTransport::ZLIB_TRANSFORM);
	return p;
}

static shared_ptr<TProtocol>
make_protocol(const row &r, shared_ptr<TTransport> t)
{
	if (r.is_header())
		return make_header(r, t);
	if (r.protocol == "compact")
		return make_shared<TCompactProtocol>(t);
	if (r.protocol == "json")
		return make_shared<TJSONProtocol>(t);
	auto p = make_shared<TBinaryProtocol>(t);
	if (r.protocol == "binary-nonstrict")
		p->setStrict(false, false);
	return p;
}

shared_ptr<TProtocol>
stack_connect(const row &r, const tls_files &files)
{
	auto p = make_protocol(r, make_transport(r, make_socket(r, files)));

	if (!p->getTransport()->isOpen() && !(r.has_tls() && r.path() != ""))
		p->getTransport()->open();
	return p;
}

static shared_ptr<TTransportFactory>
make_transports(const row &r)
{
	if (r.framing == "http")
		return make_shared<THttpServerTransportFactory>();
	if (r.framing == "framed")
		return make_shared<TFramedTransportFactory>();
	if (r.is_header())
		return make_shared<TTransportFactory>();
	return make_shared<TBufferedTransportFactory>();
}

/* One around the other. */
class Zlib : public TTransportFactory {
	shared_ptr<TTransportFactory> outer;
public:
	Zlib(shared_ptr<TTransportFactory> f) : outer(f) {}
	shared_ptr<TTransport> getTransport(shared_ptr<TTransport> t)
	    { return outer->getTransport(make_shared<TZlibTransport>(t)); }
};

static shared_ptr<TProtocolFactory>
make_protocols(const row &r)
{
	if (r.is_header())
		return make_shared<THeaderProtocolFactory>();
	if (r.protocol == "compact")
		return make_shared<TCompactProtocolFactory>();
	if (r.protocol == "json")
		return make_shared<TJSONProtocolFactory>();
	return make_shared<TBinaryProtocolFactory>();
}

class Ready : public TServerEventHandler {
	shared_ptr<TServerSocket> socket;
	std::promise<int> port;
public:
	Ready(shared_ptr<TServerSocket> s) : socket(s) {}
	void preServe() { port.set_value(socket->getPort()); }
	int wait() { return port.get_future().get(); }
};

string
stack_serve(const row &r, const tls_files &files, shared_ptr<TProcessor> p)
{
	shared_ptr<TServerSocket> socket;
	auto tf = make_transports(r);

	if (r.has_zlib())
		tf = make_shared<Zlib>(tf);
	if (r.has_tls())
		socket = make_shared<TSSLServerSocket>("127.0.0.1", 0,
		    make_tls(files, true));
	else if (r.path() != "")
		socket = make_shared<TServerSocket>(r.path());
	else
		socket = make_shared<TServerSocket>("127.0.0.1", 0);
	auto ready = make_shared<Ready>(socket);
	auto s = make_shared<TThreadedServer>(p, socket, tf,
	    make_protocols(r));
	s->setServerEventHandler(ready);
	std::thread([s] { s->serve(); }).detach();
	int port = ready->wait();
	return r.path() != "" ? r.address :
	    "127.0.0.1:" + std::to_string(port);
}
