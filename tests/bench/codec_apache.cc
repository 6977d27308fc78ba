/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The side of Apache's C++ library, with the code of its compiler's
 * "cpp:templates" generator, which is its fastest: the protocol is a template
 * argument, so no call is virtual.
 */
#include "codec.h"

#include <cstdlib>
#include <memory>
#include <utility>

#include <thrift/protocol/TBinaryProtocol.h>
#include <thrift/protocol/TCompactProtocol.h>
#include <thrift/transport/TBufferTransports.h>

#include "codec_types.h"
#include "codec_types.tcc"
#include "parquet_types.h"
#include "parquet_types.tcc"

using apache::thrift::protocol::TBinaryProtocolT;
using apache::thrift::protocol::TCompactProtocolT;
using apache::thrift::transport::TMemoryBuffer;

using Compact = TCompactProtocolT<TMemoryBuffer>;
using Binary = TBinaryProtocolT<TMemoryBuffer>;

/* The last value decoded of a type. */
template <class T> static T last;

template <class T, class Protocol>
static void
decode_as(const void *bytes, size_t len, int times)
{
	uint8_t *p = static_cast<uint8_t *>(const_cast<void *>(bytes));
	auto mem = std::make_shared<TMemoryBuffer>(p,
	    static_cast<uint32_t>(len));
	Protocol proto(mem);

	while (times-- > 0) {
		T value;

		mem->resetBuffer(p, static_cast<uint32_t>(len));
		value.read(&proto);
		if (times == 0)
			last<T> = std::move(value);
	}
}

template <class T, class Protocol>
static const void *
encode_as(int times, size_t *len)
{
	static auto mem = std::make_shared<TMemoryBuffer>(1 << 16);
	Protocol proto(mem);
	uint32_t n;
	uint8_t *p;

	while (times-- > 0) {
		mem->resetBuffer();
		last<T>.write(&proto);
	}
	mem->getBuffer(&p, &n);
	*len = n;
	return p;
}

template <class T>
static const void *
run_as(enum codec_proto proto, const void *bytes, size_t len, int times,
    size_t *out)
{
	if (bytes != nullptr && proto == CODEC_COMPACT)
		decode_as<T, Compact>(bytes, len, times);
	else if (bytes != nullptr)
		decode_as<T, Binary>(bytes, len, times);
	else if (proto == CODEC_COMPACT)
		return encode_as<T, Compact>(times, out);
	else
		return encode_as<T, Binary>(times, out);
	return nullptr;
}

/* Decodes where there are bytes, else encodes. */
static const void *
run(enum codec_type type, enum codec_proto proto, const void *bytes,
    size_t len, int times, size_t *out)
{
	switch (type) {
	case CODEC_BATCH:
		return run_as<codec::Batch>(proto, bytes, len, times, out);
	case CODEC_OLD_BATCH:
		return run_as<codec::OldBatch>(proto, bytes, len, times, out);
	case CODEC_SMALL:
		return run_as<codec::Small>(proto, bytes, len, times, out);
	case CODEC_NUMBERS:
		return run_as<codec::Numbers>(proto, bytes, len, times, out);
	case CODEC_LINES:
		return run_as<codec::Lines>(proto, bytes, len, times, out);
	case CODEC_NODE:
		return run_as<codec::Node>(proto, bytes, len, times, out);
	case CODEC_FOOTER:
		return run_as<FileMetaData>(proto, bytes, len, times, out);
	}
	abort();
}

static void
decode(enum codec_type type, enum codec_proto proto, const void *bytes,
    size_t len, int times)
{
	run(type, proto, bytes, len, times, nullptr);
}

static const void *
encode(enum codec_type type, enum codec_proto proto, int times, size_t *len)
{
	return run(type, proto, nullptr, 0, times, len);
}

const struct codec_side codec_apache = { "Apache C++", decode, encode };
