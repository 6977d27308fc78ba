/* SPDX-License-Identifier: Apache-2.0 */
/* The tables and the handlers of the service in unit_service.h. */
#include "unit_service.h"

#include <check.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"

int unit_held_fd = -1, unit_free_fd = -1, unit_note_fd = -1;
int unit_token_fd = -1;

#define STRUCT(storage, type, cname, idl, ...)				\
	static const struct tf_field type##_fields[] = { __VA_ARGS__ };	\
	static void *type##_plan;					\
	storage const struct tf_type type = {				\
		.name = idl, .fields = type##_fields,			\
		.plan = &type##_plan, .size = sizeof(struct cname),	\
		.n = sizeof(type##_fields) / sizeof(type##_fields[0]),	\
		.kind = TF_T_STRUCT }
#define F(id, name, cname, kind)					\
	{ #name, NULL, offsetof(struct cname, name), 0, id, TF_T_##kind, 0 }
#define SUCCESS(cname, kind)						\
	{ "success", NULL, offsetof(struct cname, success),		\
	    offsetof(struct cname, has_success), 0, TF_T_##kind, TF_OPTIONAL }

STRUCT(static, text_type, unit_text, "text_args",
    F(1, text, unit_text, STRING));
STRUCT(static, pair_type, unit_pair, "pair_args",
    F(1, a, unit_pair, I32), F(2, b, unit_pair, I32));
STRUCT(static, text_result_type, unit_text_result, "text_result",
    SUCCESS(unit_text_result, STRING));
STRUCT(, unit_refused_type, unit_refused, "Refused",
    F(1, why, unit_refused, STRING));
STRUCT(static, divide_result_type, unit_divide_result, "divide_result",
    SUCCESS(unit_divide_result, I32),
    { "no", &unit_refused_type, offsetof(struct unit_divide_result, no), 0,
	1, TF_T_STRUCT, TF_POINTER });

/* An exception without an id stands before the result. */
STRUCT(static, big_result_type, unit_later_result, "big_result",
    { "no", &unit_refused_type, offsetof(struct unit_later_result, no), 0,
	-1, TF_T_STRUCT, TF_POINTER },
    SUCCESS(unit_later_result, STRING));
STRUCT(static, later_result_type, unit_later_result, "later_result",
    SUCCESS(unit_later_result, STRING),
    { "no", &unit_refused_type, offsetof(struct unit_later_result, no), 0,
	1, TF_T_STRUCT, TF_POINTER });

static void *none_plan;
static const struct tf_type none_type = {
	.name = "none", .plan = &none_plan, .size = 1, .kind = TF_T_STRUCT };

static int
call_handler(struct tf_call *call, const void *handler, const void *args,
    void *result, size_t off)
{
	unit_fn *fn;

	memcpy(&fn, (const char *)handler + off, sizeof(fn));
	return fn(call, args, result);
}

#define CALLER(name, off)						\
	static int							\
	call_##name(struct tf_call *call, const void *handler,		\
	    const void *args, void *result)				\
	{								\
		return call_handler(call, handler, args, result, off);	\
	}
#define METHOD(name, args, result, flags)				\
	{ #name, &args, &result, call_##name,				\
	    offsetof(struct unit_handler, name), flags }

CALLER(ping, offsetof(struct unit_base_handler, ping))
CALLER(echo, offsetof(struct unit_handler, echo))
CALLER(size, offsetof(struct unit_handler, size))
CALLER(divide, offsetof(struct unit_handler, divide))
CALLER(big, offsetof(struct unit_handler, big))
CALLER(greedy, offsetof(struct unit_handler, greedy))
CALLER(hold, offsetof(struct unit_handler, hold))
CALLER(mute, offsetof(struct unit_handler, mute))
CALLER(note, offsetof(struct unit_handler, note))
CALLER(absent, offsetof(struct unit_handler, absent))
CALLER(header, offsetof(struct unit_handler, header))
CALLER(later, offsetof(struct unit_handler, later))
CALLER(whisper, offsetof(struct unit_handler, whisper))

static const struct tf_method base_methods[] = {
	{ "ping", &none_type, &none_type, call_ping,
	    offsetof(struct unit_base_handler, ping), 0 },
};

const struct tf_service unit_base_service = {
	.magic = TF_MAGIC, .abi = TF_ABI, .name = "Base",
	.methods = base_methods, .n = 1
};

static const struct tf_method methods[] = {
	METHOD(echo, text_type, text_result_type, 0),
	METHOD(size, text_type, divide_result_type, 0),
	METHOD(divide, pair_type, divide_result_type, 0),
	METHOD(big, pair_type, big_result_type, 0),
	METHOD(greedy, pair_type, none_type, 0),
	METHOD(hold, none_type, none_type, 0),
	METHOD(mute, none_type, none_type, 0),
	METHOD(note, text_type, none_type, TF_ONEWAY),
	METHOD(absent, none_type, none_type, 0),
	METHOD(header, text_type, text_result_type, 0),
	METHOD(later, text_type, later_result_type, 0),
	METHOD(whisper, text_type, none_type, TF_ONEWAY),
};
#define NMETHODS	(sizeof(methods) / sizeof(methods[0]))

const struct tf_service unit_service = {
	.magic = TF_MAGIC, .abi = TF_ABI, .name = "Unit",
	.base = &unit_base_service, .methods = methods, .n = NMETHODS
};

const struct tf_method *
unit_method(const char *name)
{
	for (size_t i = 0; i < NMETHODS; i++)
		if (strcmp(methods[i].name, name) == 0)
			return &methods[i];
	ck_assert_str_eq(name, "ping");
	return &base_methods[0];
}

static int
ping(struct tf_call *call, const void *args, void *result)
{
	(void)call;
	(void)args;
	(void)result;
	return 0;
}

static int
echo(struct tf_call *call, const void *args, void *result)
{
	const struct unit_text *a = args;

	(void)call;
	((struct unit_text_result *)result)->success = a->text;
	return 0;
}

static int
size(struct tf_call *call, const void *args, void *result)
{
	const struct unit_text *a = args;

	(void)call;
	((struct unit_divide_result *)result)->success = (int32_t)a->text.len;
	return 0;
}

static int
divide(struct tf_call *call, const void *args, void *result)
{
	const struct unit_pair *p = args;

	if (p->b == 0)
		return tf_throw(call, &unit_refused_type,
		    &(struct unit_refused){ TF_STR("by zero") });
	if (p->b == -1)
		return tf_fail(call, "by %d", p->b);
	((struct unit_divide_result *)result)->success = p->a / p->b;
	return 0;
}

static int
big(struct tf_call *call, const void *args, void *result)
{
	const struct unit_pair *p = args;
	char *text = tf_alloc(call->arena, (size_t)p->a, 1);

	memset(text, 'b', (size_t)p->a);
	((struct unit_later_result *)result)->success =
	    (struct tf_str){ text, (size_t)p->a };
	return 0;
}

static int
greedy(struct tf_call *call, const void *args, void *result)
{
	const struct unit_pair *p = args;

	(void)result;
	tf_alloc(call->arena, (size_t)p->a, 1);
	return 0;
}

static int
wait_here(void)
{
	char c = 'h';

	return write(unit_held_fd, &c, 1) == 1 &&
	    read(unit_free_fd, &c, 1) == 1 ? 0 : -1;
}

static int
hold(struct tf_call *call, const void *args, void *result)
{
	(void)call;
	(void)args;
	(void)result;
	return wait_here();
}

static int
mute(struct tf_call *call, const void *args, void *result)
{
	(void)call;
	(void)args;
	(void)result;
	return -1;
}

static int
note(struct tf_call *call, const void *args, void *result)
{
	const struct unit_text *a = args;

	(void)call;
	(void)result;
	return write(unit_note_fd, a->text.s, 1) == 1 ? 0 : -1;
}

static struct tf_str
all_headers(struct tf_call *call)
{
	struct tf_str text = TF_STR("");
	size_t n;
	const struct tf_header *h = tf_call_headers(call, &n);

	for (size_t i = 0; i < n; i++)
		text = tf_strf(call->arena, "%s%s=%s,", text.s, h[i].key.s,
		    h[i].value.s);
	return text;
}

static struct tf_str
time_left(struct tf_call *call)
{
	uint64_t now = clock_ns();

	if (call->deadline_ns == 0)
		return TF_STR("none");
	return tf_strf(call->arena, "%d", call->deadline_ns < now ? -1 :
	    (int)((call->deadline_ns - now) / NS_PER_MS));
}

static int
header(struct tf_call *call, const void *args, void *result)
{
	struct tf_str *ret = &((struct unit_text_result *)result)->success;
	const char *text = ((const struct unit_text *)args)->text.s;
	const struct tf_str *value;

	if (text[0] == '=') {
		*ret = tf_strn(call->arena, text + 1, strlen(text + 1));
		return tf_call_set_header(call, "much", ret->s) == 0 ? 0 :
		    tf_fail(call, "too much");
	}
	if (strcmp(text, "*") == 0)
		*ret = all_headers(call);
	else if (strcmp(text, ":left") == 0)
		*ret = time_left(call);
	else if ((value = tf_call_header(call, text)) == NULL)
		return tf_fail(call, "none");
	else
		*ret = *value;
	return tf_call_set_header(call, "asked", "once") == 0 &&
	    tf_call_set_header(call, "asked", text) == 0 ? 0 :
	    tf_fail(call, "no headers");
}

static int
later(struct tf_call *call, const void *args, void *result)
{
	struct tf_str text = ((const struct unit_text *)args)->text;
	struct tf_later token;

	if (text.s[0] == 'n')
		return TF_LATER;
	if (text.s[0] == 'h')
		tf_call_set_header(call, "late", "no");
	token = tf_later(call);
	if (text.s[0] == 'h' && tf_call_set_header(call, "late", "yes") == 0)
		return tf_fail(call, "a header after tf_later()");
	if (write(unit_token_fd, &token, sizeof(token)) != sizeof(token))
		return tf_fail(call, "the test is gone");
	if (text.s[0] == 'g')
		tf_alloc(call->arena, 100 << 20, 1);
	if ((text.s[0] == 'e' || text.s[0] == 'E') && wait_here() == -1)
		return -1;
	if (text.s[0] == '-')
		return tf_fail(call, "not later");
	if (text.s[0] != '0' && text.s[0] != 'E')
		return TF_LATER;
	((struct unit_later_result *)result)->success = text;
	return 0;
}

static int
whisper(struct tf_call *call, const void *args, void *result)
{
	const struct unit_text *a = args;
	struct tf_later token;

	(void)result;
	if (tf_str_eq(a->text, TF_STR("held")) && wait_here() == -1)
		return -1;
	token = tf_later(call);
	return write(unit_token_fd, &token, sizeof(token)) == sizeof(token) ?
	    TF_LATER : -1;
}

const struct unit_handler unit_handler = {
	.base.ping = ping, .echo = echo, .size = size, .divide = divide,
	.big = big, .greedy = greedy, .hold = hold, .mute = mute,
	.note = note, .header = header, .later = later, .whisper = whisper
};
