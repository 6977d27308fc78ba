/* SPDX-License-Identifier: Apache-2.0 */
/* The settings as the command line shows them: letters and --help. */
#include <string.h>

#include "server/option_def.h"

const char *
settings_key(int letter)
{
	for (size_t i = 0; i < NOPTIONS; i++)
		if (option_defs[i].letter != 0 &&
		    option_defs[i].letter == letter)
			return option_defs[i].key;
	return NULL;
}

void
settings_getopt(char *string, size_t size)
{
	size_t len = strlen(string);

	for (size_t i = 0; i < NOPTIONS && len + 3 < size; i++)
		if (option_defs[i].letter != 0) {
			string[len++] = (char)option_defs[i].letter;
			if (option_defs[i].type != TYPE_BOOL)
				string[len++] = ':';
		}
	string[len] = '\0';
}

/* Help text in a column of its own, broken at spaces. */
static void
print_wrapped(FILE *f, const char *text, int indent, int width)
{
	while (*text != '\0') {
		int n = (int)strlen(text);

		if (n > width)
			for (n = width; n > 0 && text[n] != ' '; n--)
				;
		fprintf(f, "%.*s\n", n, text);
		text += n;
		if (*text == ' ')
			fprintf(f, "%*s", indent, "");
		text += strspn(text, " ");
	}
}

void
settings_help(FILE *f)
{
	for (size_t i = 0; i < NOPTIONS; i++) {
		const struct option_def *d = &option_defs[i];
		char flag[8] = "";
		int n;

		if (d->letter != 0)
			snprintf(flag, sizeof(flag), "-%c", d->letter);
		n = fprintf(f, "  %-3s %-20s ", flag, d->key);
		fprintf(f, "%-*s ", n < 42 ? 42 - n : 0, d->preset);
		print_wrapped(f, d->help, 43, 36);
	}
}
