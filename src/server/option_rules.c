/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The settings of a listener, behind its address: key by key from text, and
 * back to text for those who ask what is served where.
 */
#include <stdio.h>
#include <string.h>

#include "serve/rules.h"
#include "server/option_def.h"

/*
 * Words of two kinds.  Who names some of a kind wants no others of it; a kind
 * of which none is named is not restricted.
 */
#define MESSAGES	(RULES_COMPACT | RULES_BINARY | RULES_JSON)
#define ENVELOPES	(RULES_FRAMED | RULES_UNFRAMED | RULES_HEADER | \
			    RULES_HTTP | RULES_ZLIB)

static const struct word {
	const char	*text;
	enum rules_word	 bit;
} words[] = {
	{ "compact", RULES_COMPACT }, { "binary", RULES_BINARY },
	{ "json", RULES_JSON }, { "framed", RULES_FRAMED },
	{ "unframed", RULES_UNFRAMED }, { "header", RULES_HEADER },
	{ "http", RULES_HTTP }, { "zlib", RULES_ZLIB },
};
#define NWORDS	(sizeof(words) / sizeof(words[0]))

static const char *const tls_words[] = { [RULES_TLS_AUTO] = "auto",
    [RULES_TLS_ON] = "on", [RULES_TLS_OFF] = "off" };
static const char *const proxy_words[] = { "off", "on" };

/* The bit of the len bytes at text; 0: there is no such word. */
static unsigned
find_word(const char *text, size_t len)
{
	for (size_t i = 0; i < NWORDS; i++)
		if (strlen(words[i].text) == len &&
		    memcmp(words[i].text, text, len) == 0)
			return words[i].bit;
	return 0;
}

static unsigned
others_of(unsigned named, unsigned kind)
{
	return (named & kind) == 0 ? 0 : kind & ~named;
}

static int
set_protocols(struct rules *r, const char *value, char *why, size_t size)
{
	unsigned named = 0, bit;
	const char *p = value;
	size_t len;

	for (;; p += len + 1) {
		len = strcspn(p, "+");
		if ((bit = find_word(p, len)) == 0) {
			snprintf(why, size, "protocols: '%.*s' is not compact, "
			    "binary, json, framed, unframed, header, http or "
			    "zlib", (int)len, p);
			return -1;
		}
		named |= bit;
		if (p[len] == '\0')
			break;
	}
	r->off = (uint16_t)(others_of(named, MESSAGES) |
	    others_of(named, ENVELOPES));
	return 0;
}

/* Which of n words it is; -1 with a reason. */
static int
find_choice(const char *key, const char *value, const char *const *choices,
    int n, const char *said, char *why, size_t size)
{
	for (int i = 0; i < n; i++)
		if (strcmp(choices[i], value) == 0)
			return i;
	snprintf(why, size, "%s: '%s' is not %s", key, value, said);
	return -1;
}

static int
set_tls(struct rules *r, const char *value, char *why, size_t size)
{
	int i = find_choice("tls", value, tls_words, 3, "auto, on or off", why,
	    size);

	if (i == -1)
		return -1;
	r->tls = (uint8_t)i;
	return 0;
}

static int
set_proxy(struct rules *r, const char *value, char *why, size_t size)
{
	int i = find_choice("proxy", value, proxy_words, 2, "on or off", why,
	    size);

	if (i == -1)
		return -1;
	r->proxy = i == 1;
	return 0;
}

static const struct {
	const char	*key;
	int		(*set)(struct rules *, const char *, char *, size_t);
} keys[] = {
	{ "protocols", set_protocols }, { "tls", set_tls },
	{ "proxy", set_proxy },
};
#define NKEYS	((int)(sizeof(keys) / sizeof(keys[0])))

int
rules_set(struct rules *r, unsigned *given, char *setting, char *why,
    size_t size)
{
	char *eq = strchr(setting, '=');
	int i = 0;

	if (eq == NULL) {
		snprintf(why, size, "'%s' is not KEY=VALUE", setting);
		return -1;
	}
	*eq = '\0';
	while (i < NKEYS && strcmp(keys[i].key, setting) != 0)
		i++;
	if (i == NKEYS) {
		snprintf(why, size, "there is no setting '%s' of a listener",
		    setting);
		return -1;
	}
	if ((*given & 1u << i) != 0) {
		snprintf(why, size, "%s: is given twice", setting);
		return -1;
	}
	*given |= 1u << i;
	return keys[i].set(r, eq + 1, why, size);
}

void
rules_text(const struct rules *r, char *text, size_t size)
{
	const char *before = ",protocols=";

	*text = '\0';
	for (size_t i = 0; i < NWORDS; i++) {
		unsigned kind = words[i].bit & MESSAGES ? MESSAGES : ENVELOPES;

		if ((r->off & kind) == 0 || (r->off & words[i].bit) != 0)
			continue;
		strlcat(text, before, size);
		strlcat(text, words[i].text, size);
		before = "+";
	}
	if (r->tls != RULES_TLS_AUTO) {
		strlcat(text, ",tls=", size);
		strlcat(text, tls_words[r->tls], size);
	}
	if (r->proxy)
		strlcat(text, ",proxy=on", size);
}
