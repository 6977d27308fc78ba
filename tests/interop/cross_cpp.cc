/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Apache's C++ side of cross-codec.py: the same filter as cross_ours.c, with
 * the code of Apache's compiler and the protocols of libthrift.
 */
#include <cstring>
#include <iostream>
#include <sstream>
#include <string>

#include <thrift/protocol/TBinaryProtocol.h>
#include <thrift/protocol/TCompactProtocol.h>
#include <thrift/protocol/TJSONProtocol.h>
#include <thrift/transport/TBufferTransports.h>

#include "cross_constants.h"

using apache::thrift::protocol::TBinaryProtocol;
using apache::thrift::protocol::TCompactProtocol;
using apache::thrift::protocol::TJSONProtocol;
using apache::thrift::protocol::TProtocol;
using apache::thrift::transport::TMemoryBuffer;

/* Apache's compiler declares this and leaves it to us; no other is called. */
bool
cross::Key::operator<(const Key &other) const
{
	return id != other.id ? id < other.id : name < other.name;
}

static const uint64_t double_bits[] = {
	0x7ff0000000000000, 0xfff0000000000000, 0x7ff8000000000001,
	0xfff8000000000000, 0x8000000000000000, 0x0000000000000001,
	0x8000000000000001, 0x000fffffffffffff, 0x0010000000000000,
	0x7fefffffffffffff, 0x3ff0000000000001, 0x0102030405060708
};

static const char32_t code_points[] = {
	0x1, 0x7f, 0x80, 0x7ff, 0x800, 0xd7ff, 0xe000, 0xfffd, 0xffff,
	0x10000, 0x1f600, 0x20041, 0x30041, 0x40041, 0x50041, 0x60041, 0x70041,
	0x80041, 0x90041, 0xa0041, 0xb0041, 0xc0041, 0xd0041, 0xe0041, 0xf0041,
	0x100041, 0x10ffff
};

static std::string
utf8(char32_t c)
{
	if (c < 0x80)
		return std::string(1, static_cast<char>(c));
	std::string tail(1, static_cast<char>(0x80 | (c & 0x3f)));
	char32_t most = 0x1f;
	unsigned lead = 0xc0;
	for (c >>= 6; c > most; c >>= 6) {
		tail.insert(0, 1, static_cast<char>(0x80 | (c & 0x3f)));
		lead = lead >> 1 | 0x80;
		most >>= 1;
	}
	return std::string(1, static_cast<char>(lead | c)) + tail;
}

static double
from_bits(uint64_t bits)
{
	double d;

	memcpy(&d, &bits, sizeof(d));
	return d;
}

static void
build_texts(cross::Texts &t)
{
	std::string planes, big, bytes;

	for (char32_t c : code_points)
		planes += utf8(c);
	for (int i = 0; i < 70000; i++) {
		big += static_cast<char>('a' + i % 26);
		bytes += static_cast<char>(i * 7 & 0xff);
	}
	for (const std::string &s : { std::string("a\0b", 3),
	    std::string("\0", 1), planes, big })
		t.texts.push_back(s);
	for (const std::string &s : { std::string("\0", 1),
	    std::string("\xff\xfe\x80"), bytes.substr(0, 256), bytes })
		t.blobs.push_back(s);
	t.text = std::string("end\0", 4);
	t.blob = std::string("\x80\0\x80", 3);
}

static cross::All
build()
{
	cross::All all = cross::g_cross_constants.EXTREMES;

	for (uint64_t bits : double_bits)
		all.doubles.values.push_back(from_bits(bits));
	all.doubles.one = from_bits(double_bits[4]);
	build_texts(all.texts);
	all.lists.colors.push_back(static_cast<cross::Color::type>(77));
	for (int i = 0; i < 300; i++)
		all.lists.smalls.push_back(
		    static_cast<int16_t>(i * 200 - 30000));
	return all;
}

/* A NaN is not equal to itself, and 0.0 is to -0.0: doubles by their bits. */
static bool
same_doubles(const cross::Doubles &a, const cross::Doubles &b)
{
	return a.values.size() == b.values.size() &&
	    memcmp(a.values.data(), b.values.data(), 8 * a.values.size()) ==
	    0 && memcmp(&a.one, &b.one, 8) == 0;
}

static std::string
check(cross::All got)
{
	cross::All want = build();

	if (!same_doubles(got.doubles, want.doubles))
		return "!doubles differ";
	got.doubles = want.doubles = cross::Doubles();
#define COMPARE(member)							\
	if (!(got.member == want.member))				\
		return "!" #member " differs"
	COMPARE(scalars);
	COMPARE(texts);
	COMPARE(lists);
	COMPARE(sets);
	COMPARE(maps);
	COMPARE(nested);
	COMPARE(gaps);
	COMPARE(unset);
	COMPARE(present);
	if (!(got == want))
		return "!not equal";
	return "ok";
}

static std::shared_ptr<TProtocol>
protocol(const std::string &name, std::shared_ptr<TMemoryBuffer> memory)
{
	if (name == "compact")
		return std::make_shared<TCompactProtocol>(memory);
	if (name == "binary")
		return std::make_shared<TBinaryProtocol>(memory);
	if (name == "tjson")
		return std::make_shared<TJSONProtocol>(memory);
	throw std::runtime_error("no protocol " + name);
}

template <class T>
static T
decode(const std::string &proto, const std::string &hex)
{
	auto memory = std::make_shared<TMemoryBuffer>();
	T value;

	for (size_t i = 0; i + 1 < hex.size(); i += 2) {
		uint8_t byte = static_cast<uint8_t>(
		    std::stoi(hex.substr(i, 2), nullptr, 16));

		memory->write(&byte, 1);
	}
	value.read(protocol(proto, memory).get());
	if (memory->available_read() > 0)
		throw std::runtime_error("bytes were left");
	return value;
}

template <class T>
static std::string
encode(const std::string &proto, const T &value)
{
	static const char digits[] = "0123456789abcdef";
	auto memory = std::make_shared<TMemoryBuffer>();
	std::string hex;

	value.write(protocol(proto, memory).get());
	for (char c : memory->getBufferAsString()) {
		hex += digits[static_cast<uint8_t>(c) >> 4];
		hex += digits[c & 15];
	}
	return hex;
}

static std::string
recode(const std::string &type, const std::string &from,
    const std::string &to, const std::string &hex)
{
#define RECODE(T)							\
	if (type == #T)							\
		return encode(to, decode<cross::T>(from, hex))
	RECODE(All);
	RECODE(Choice);
	RECODE(Lax);
	RECODE(Old);
	RECODE(OldScalars);
	RECODE(Optionals);
	RECODE(Scalars);
	RECODE(Strict);
	throw std::runtime_error("no type " + type);
}

static std::string
answer(const std::string &line)
{
	std::string verb, a, b, c, d;

	std::istringstream(line) >> verb >> a >> b >> c >> d;
	try {
		if (verb == "build")
			return encode(a, build());
		if (verb == "check")
			return check(decode<cross::All>(a, b));
		return recode(a, b, c, d);
	} catch (const std::exception &e) {
		return std::string("!") + e.what();
	}
}

int
main()
{
	std::string line;

	while (std::getline(std::cin, line))
		std::cout << answer(line) << std::endl;
	return 0;
}
