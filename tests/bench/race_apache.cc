/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The service of tests/bench/run by Apache's C++ TNonblockingServer, compact
 * and framed: one I/O thread that runs the handlers too, as a worker of ours.
 */
#include <cstdio>
#include <memory>
#include <unistd.h>

#include <thrift/protocol/TCompactProtocol.h>
#include <thrift/server/TNonblockingServer.h>
#include <thrift/transport/TBufferTransports.h>
#include <thrift/transport/TNonblockingServerSocket.h>

#include "Race.h"

using namespace apache::thrift;

class Handler : public RaceIf {
public:
	void ping() {}
	void nap(int32_t ms) { usleep(static_cast<useconds_t>(ms) * 1000); }
	void echo_text(std::string &r, const std::string &v) { r = v; }
	void echo_item(codec::Item &r, const codec::Item &v) { r = v; }
	void echo_batch(codec::Batch &r, const codec::Batch &v) { r = v; }
};

struct Announce : server::TServerEventHandler {
	std::shared_ptr<transport::TNonblockingServerSocket> socket;

	void preServe()
	{
		printf("%d\n", socket->getListenPort());
		fflush(stdout);
	}
};

int
main()
{
	auto socket = std::make_shared<transport::TNonblockingServerSocket>(
	    "127.0.0.1", 0);
	auto announce = std::make_shared<Announce>();
	/* Templates, which are the fastest it has. */
	using Memory = transport::TMemoryBuffer;
	server::TNonblockingServer s(std::make_shared<
	    RaceProcessorT<protocol::TCompactProtocolT<Memory>>>(
	    std::make_shared<Handler>()), std::make_shared<
	    protocol::TCompactProtocolFactoryT<Memory>>(), socket);

	announce->socket = socket;
	s.setServerEventHandler(announce);
	s.serve();
	return 0;
}
