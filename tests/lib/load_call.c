/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Makes calls out of numbers and holds replies against them.  Operands are
 * small, large, negative and next to both ends of an i32, but never such that
 * the result would wrap; DIV truncates as in C.
 */
#include "load_call.h"

#include <stdio.h>
#include <string.h>

enum { OP_ADD = 1, OP_SUB, OP_MUL, OP_DIV };

const char *const call_methods[CALL_KINDS] = {
	[CALL_CALCULATE] = "calculate",
	[CALL_PING] = "ping",
	[CALL_FORGET] = "forget",
	[CALL_DOZE] = "doze",
	[CALL_THREAD] = "thread",
	[CALL_LATER] = "later",
	[CALL_QUIETLY] = "quietly",
	[CALL_FAIL] = "fail_silently",
	[CALL_UNKNOWN] = "nothing",
};

static int32_t doze_ms = -1;		/* all calls are those */
static bool mixed;

static const char letters[] =
    "the quick brown fox jumps over the lazy dog and sphinx of black quartz ";
static const char why_zero[] = "division by zero";

/* Steele, Lea, Flood: SplitMix64. */
static uint64_t
mix(uint64_t x)
{
	x += 0x9e3779b97f4a7c15u;
	x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
	x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
	return x ^ (x >> 31);
}

static uint64_t
conn_hash(uint64_t seed, uint64_t conn)
{
	return mix(seed ^ mix(conn));
}

static uint32_t
seqid_base(uint64_t seed, uint64_t conn)
{
	return (uint32_t)conn_hash(seed, conn);
}

uint32_t
call_number(uint64_t seed, uint64_t conn, int32_t seqid)
{
	return (uint32_t)seqid - seqid_base(seed, conn);
}

static enum call_kind
kind_of(uint64_t hash)
{
	switch (hash % 64) {
	case 0:
		return CALL_FORGET;
	case 1:
		return CALL_PING;
	case 3:
		return mixed ? CALL_THREAD : CALL_CALCULATE;
	case 4:
		return mixed ? CALL_LATER : CALL_CALCULATE;
	case 5:
		return mixed ? CALL_QUIETLY : CALL_CALCULATE;
	case 6:
		return mixed ? CALL_FAIL : CALL_CALCULATE;
	case 7:
		return mixed ? CALL_UNKNOWN : CALL_CALCULATE;
	default:
		return CALL_CALCULATE;
	}
}

void
call_mix(void)
{
	mixed = true;
}

bool
call_is_oneway(const struct call *c)
{
	return c->kind == CALL_FORGET || c->kind == CALL_QUIETLY;
}

void
call_doze(int32_t ms)
{
	doze_ms = ms;
}

/* num1 + num2 stays within an i32, and num2 is never INT32_MIN. */
static void
make_sum(struct proto_calculate *a, uint64_t h)
{
	int32_t x = (int32_t)(h & 0xffff), y = (int32_t)(h >> 16 & 0xffff);

	switch (h >> 60 & 7) {
	case 0:
		a->num1 = INT32_MAX - x;
		a->num2 = -y;
		break;
	case 1:
		a->num1 = INT32_MIN + x;
		a->num2 = y;
		break;
	case 2:
	case 3:
		a->num1 = x - 32768;
		a->num2 = y - 32768;
		break;
	default:
		a->num1 = (int32_t)(h & 0x7fffffff) - (1 << 30);
		a->num2 = (int32_t)(h >> 28 & 0x7fffffff) - (1 << 30);
		break;
	}
}

/* From 1 up to 2^bits, any sign. */
static int32_t
make_factor(uint64_t h, unsigned bits)
{
	int32_t v = (int32_t)(h & ((UINT32_C(1) << bits) - 1)) + 1;

	return (h >> 40 & 1) != 0 ? -v : v;
}

static void
make_product(struct proto_calculate *a, uint64_t h)
{
	int32_t room;

	a->num2 = make_factor(h, (unsigned)(h >> 41 & 15));
	room = INT32_MAX / (a->num2 < 0 ? -a->num2 : a->num2);
	a->num1 = (int32_t)((h >> 8 & 0x7fffffff) % ((uint32_t)room + 1));
	if ((h >> 50 & 1) != 0)
		a->num1 = -a->num1;
}

static void
make_quotient(struct proto_calculate *a, uint64_t h)
{
	a->num1 = (int32_t)(uint32_t)(h >> 16);
	a->num2 = make_factor(h, (unsigned)(h >> 51) % 31);
	if (a->num1 == INT32_MIN && a->num2 == -1)
		a->num2 = 1;
}

static void
make_operands(struct call *c, uint64_t h)
{
	struct proto_calculate *a = &c->args;

	switch (a->op) {
	case OP_ADD:
		make_sum(a, h);
		c->result = a->num1 + a->num2;
		break;
	case OP_SUB:
		make_sum(a, h);
		a->num2 = -a->num2;
		c->result = a->num1 - a->num2;
		break;
	case OP_MUL:
		make_product(a, h);
		c->result = a->num1 * a->num2;
		break;
	case OP_DIV:
		make_quotient(a, h);
		c->result = a->num1 / a->num2;
		break;
	}
}

/* Now and then long: 2 KB of comment, more tags than a short header counts. */
static void
make_texts(struct proto_calculate *a, uint64_t h)
{
	static char page[PROTO_MAX_COMMENT];

	if (page[0] == '\0') {
		for (size_t i = 0; i < sizeof(page); i++)
			page[i] = letters[i % (sizeof(letters) - 1)];
	}
	a->has_comment = (h & 1) != 0;
	a->comment.s = page;
	a->comment.len = (h >> 1 & 0xff) == 0 ? sizeof(page) - (h >> 9 & 0xff) :
	    h >> 9 & 0x1f;
	a->ntags = (h >> 17 & 0xff) == 0 ? 14 + (unsigned)(h >> 25 & 3) :
	    (unsigned)(h >> 25 & 3);
	for (unsigned i = 0; i < a->ntags; i++) {
		a->tag[i].s = letters + i;
		a->tag[i].len = (h >> (27 + i)) & PROTO_MAX_TAG;
	}
}

/* By whom it is answered, and with what. */
static void
make_later(struct call *c, uint64_t h)
{
	static const struct proto_text how[] = {
		{ "thread", 6 }, { "early", 5 }, { "timer", 5 }, { "post", 4 },
	};

	c->text[0] = how[h & 3];
	c->text[1].s = letters;
	c->text[1].len = h >> 2 & 0x3f;
}

void
call_make(struct call *c, uint64_t seed, uint64_t conn, uint32_t number)
{
	uint64_t h;

	h = mix(conn_hash(seed, conn) + number);
	c->seqid = (int32_t)(seqid_base(seed, conn) + number);
	c->kind = doze_ms >= 0 ? CALL_DOZE : kind_of(h);
	c->text[0].len = 0;
	c->throws = c->kind == CALL_CALCULATE && h % 64 == 2;
	c->args.logid = (int32_t)(uint32_t)(h >> 32);
	if (c->kind == CALL_LATER || c->kind == CALL_QUIETLY)
		make_later(c, mix(h));
	if (c->kind != CALL_CALCULATE)
		return;
	c->args.op = c->throws ? OP_DIV : (int32_t)(OP_ADD + (h >> 8 & 3));
	make_operands(c, mix(h));
	make_texts(&c->args, mix(h + 1));
	if (c->throws)
		c->args.num2 = 0;
}

size_t
call_encode(const struct call *c, uint8_t *dst)
{
	switch (c->kind) {
	case CALL_CALCULATE:
		return proto_put_calculate(dst, c->seqid, &c->args);
	case CALL_FORGET:
		return proto_put_forget(dst, c->seqid, c->args.logid);
	case CALL_DOZE:
		return proto_put_doze(dst, c->seqid, doze_ms);
	case CALL_LATER:
		return proto_put_texts(dst, PROTO_CALL, c->seqid, "later",
		    c->text, 2);
	case CALL_QUIETLY:
		return proto_put_texts(dst, PROTO_ONEWAY, c->seqid, "quietly",
		    c->text, 1);
	default:
		return proto_put_empty(dst, c->seqid, call_methods[c->kind]);
	}
}

static bool
text_is(struct proto_text t, const char *s)
{
	return t.len == strlen(s) && memcmp(t.s, s, t.len) == 0;
}

/* Precision for "%.*s" that keeps a hostile text short. */
static int
brief(struct proto_text t)
{
	return t.len > 60 ? 60 : (int)t.len;
}

static enum verdict
check_thrown(const struct proto_reply *r, char *why, size_t len)
{
	if (!r->has_ouch || r->has_success)
		(void)snprintf(why, len, "InvalidOperation did not come");
	else if (r->what != OP_DIV)
		(void)snprintf(why, len, "InvalidOperation.what is %d, not %d",
		    r->what, OP_DIV);
	else if (!text_is(r->why, why_zero))
		(void)snprintf(why, len, "InvalidOperation.why is \"%.*s\"",
		    brief(r->why), r->why.s);
	else
		return VERDICT_DECLARED;
	return WRONG_VALUE;
}

static enum verdict
check_result(const struct call *c, const struct proto_reply *r, char *why,
    size_t len)
{
	bool want = c->kind == CALL_CALCULATE || c->kind == CALL_THREAD;
	bool want_text = c->kind == CALL_LATER;

	if (c->throws)
		return check_thrown(r, why, len);
	if (r->has_ouch)
		(void)snprintf(why, len, "InvalidOperation came");
	else if (r->has_success != want || r->has_text != want_text)
		(void)snprintf(why, len, "%s", want || want_text ?
		    "result is missing" :
		    "result in the answer of a void method");
	else if (want_text && (r->text.len != c->text[1].len ||
	    memcmp(r->text.s, c->text[1].s, r->text.len) != 0))
		(void)snprintf(why, len, "result is \"%.*s\"", brief(r->text),
		    r->text.s);
	else if (c->kind == CALL_CALCULATE && r->success != c->result)
		(void)snprintf(why, len, "result is %d, not %d", r->success,
		    c->result);
	else
		return VERDICT_RIGHT;
	return WRONG_VALUE;
}

/* One that must come is an INTERNAL_ERROR or an UNKNOWN_METHOD. */
static enum verdict
check_error(const struct call *c, const struct proto_reply *r, char *why,
    size_t len)
{
	if ((c->kind == CALL_FAIL && r->app_type == 6) ||
	    (c->kind == CALL_UNKNOWN && r->app_type == 1))
		return VERDICT_ERROR;
	(void)snprintf(why, len, "TApplicationException %d \"%.*s\"",
	    r->app_type, brief(r->app_message), r->app_message.s);
	return VERDICT_APP;
}

enum verdict
call_check(const struct call *c, const struct proto_reply *r, char *why,
    size_t len)
{
	if (r->seqid != c->seqid) {
		(void)snprintf(why, len, "seqid is %d, not %d", r->seqid,
		    c->seqid);
		return WRONG_SEQID;
	}
	if (!text_is(r->name, call_methods[c->kind])) {
		(void)snprintf(why, len, "method name is \"%.*s\"",
		    brief(r->name), r->name.s);
		return WRONG_NAME;
	}
	if (r->mtype == PROTO_EXCEPTION)
		return check_error(c, r, why, len);
	if (r->mtype != PROTO_REPLY || c->kind == CALL_FAIL ||
	    c->kind == CALL_UNKNOWN) {
		(void)snprintf(why, len, "message type is %d", r->mtype);
		return WRONG_TYPE;
	}
	return check_result(c, r, why, len);
}

void
call_describe(const struct call *c, char *buf, size_t len)
{
	static const char *const ops[] = { "", "ADD", "SUB", "MUL", "DIV" };
	const struct proto_calculate *a = &c->args;

	if (c->kind == CALL_CALCULATE)
		(void)snprintf(buf, len, "calculate(%d, %s %d %d)", a->logid,
		    ops[a->op], a->num1, a->num2);
	else if (c->kind == CALL_FORGET)
		(void)snprintf(buf, len, "forget(%d)", a->logid);
	else if (c->kind == CALL_DOZE)
		(void)snprintf(buf, len, "doze(%d)", doze_ms);
	else
		(void)snprintf(buf, len, "%s(%.*s)", call_methods[c->kind],
		    (int)c->text[0].len, c->text[0].len > 0 ? c->text[0].s :
		    "");
}
