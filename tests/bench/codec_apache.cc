/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The side of Apache's C++ library, with the code of its compiler's
 * "cpp:templates" generator, which is its fastest: the protocol is a template
 * argument, so no call is virtual.
 */
#include "codec.h"

#include <memory>

#include <thrift/protocol/TBinaryProtocol.h>
#include <thrift/protocol/TCompactProtocol.h>
#include <thrift/transport/TBufferTransports.h>

#include "codec_types.h"
#include "codec_types.tcc"

using apache::thrift::protocol::TBinaryProtocolT;
using apache::thrift::protocol::TCompactProtocolT;
using apache::thrift::transport::TMemoryBuffer;

static codec::Batch last;

template <class Protocol>
static uint64_t
decode_as(const void *bytes, size_t len, int times)
{
	uint8_t *p = static_cast<uint8_t *>(const_cast<void *>(bytes));
	auto mem = std::make_shared<TMemoryBuffer>(p,
	    static_cast<uint32_t>(len));
	Protocol proto(mem);
	uint64_t sum = 0;

	while (times-- > 0) {
		codec::Batch b;

		mem->resetBuffer(p, static_cast<uint32_t>(len));
		b.read(&proto);
		sum += b.items.size() +
		    static_cast<uint64_t>(b.items[99].id) +
		    b.items[99].digest.size();
		if (times == 0)
			last = std::move(b);
	}
	return sum;
}

template <class Protocol>
static size_t
encode_as(int times)
{
	static auto mem = std::make_shared<TMemoryBuffer>(1 << 16);
	Protocol proto(mem);

	while (times-- > 0) {
		mem->resetBuffer();
		last.write(&proto);
	}
	return mem->available_read();
}

static uint64_t
decode(enum codec_proto proto, const void *bytes, size_t len, int times)
{
	return proto == CODEC_COMPACT ?
	    decode_as<TCompactProtocolT<TMemoryBuffer>>(bytes, len, times) :
	    decode_as<TBinaryProtocolT<TMemoryBuffer>>(bytes, len, times);
}

static size_t
encode(enum codec_proto proto, int times)
{
	return proto == CODEC_COMPACT ?
	    encode_as<TCompactProtocolT<TMemoryBuffer>>(times) :
	    encode_as<TBinaryProtocolT<TMemoryBuffer>>(times);
}

const struct codec_side codec_apache = { "Apache C++", decode, encode };
