/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A row of the matrix of pairs in the classes of Apache's C++ library: what
 * stands between a socket and generated code, on both sides.
 */
#ifndef ECHO_CPP_STACK_H
#define ECHO_CPP_STACK_H

#include <memory>
#include <string>

#include <thrift/TProcessor.h>
#include <thrift/protocol/TProtocol.h>

struct tls_files {
	std::string ca, crt, key;
};

struct row {
	std::string address;	/* HOST:PORT or unix:PATH; a server's, HOST */
	std::string protocol, framing, layers;

	bool is_header() const { return framing.find("header") == 0; }
	bool has_tls() const { return layers.find("tls") == 0; }
	bool has_zlib() const
	    { return layers.find("zlib") != std::string::npos; }
	std::string path() const	/* of a unix socket, or "" */
	    { return address.find("unix:") == 0 ? address.substr(5) : ""; }
};

/* A client's, with a connection that is open. */
std::shared_ptr<apache::thrift::protocol::TProtocol>
    stack_connect(const row &, const tls_files &);

/* Serves in a thread for good; the address. */
std::string stack_serve(const row &, const tls_files &,
    std::shared_ptr<apache::thrift::TProcessor>);

#endif
