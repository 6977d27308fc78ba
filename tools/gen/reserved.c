/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Words that no member, argument or handler function may be called: keywords
 * of C and C++, type names the generated code uses, and names that are macros
 * in the headers a service is likely to include.  All that begins with TF_ is,
 * or may be, a macro of the library, whose names do not end with an underscore.
 */
#include <stdlib.h>
#include <string.h>

#include "gen.h"

/* In the order of strcmp(). */
static const char *const words[] = {
	"BUFSIZ", "CHAR_BIT", "CHAR_MAX", "CHAR_MIN", "DOMAIN", "E2BIG",
	"EACCES", "EAGAIN", "EBADF", "EBUSY", "ECANCELED", "ECHILD", "EDEADLK",
	"EDOM", "EEXIST", "EFAULT", "EFBIG", "EINTR", "EINVAL", "EIO", "EISDIR",
	"EMFILE", "EMLINK", "ENFILE", "ENODEV", "ENOENT", "ENOEXEC", "ENOMEM",
	"ENOSPC", "ENOTDIR", "ENOTEMPTY", "ENXIO", "EOF", "EPERM", "EPIPE",
	"ERANGE", "EROFS", "ESPIPE", "ESRCH", "ETIMEDOUT", "EXDEV",
	"EXIT_FAILURE", "EXIT_SUCCESS", "FALSE", "FILE", "FILENAME_MAX",
	"FOPEN_MAX", "HUGE_VAL", "I", "INFINITY", "INT16_MAX", "INT16_MIN",
	"INT32_MAX", "INT32_MIN", "INT64_MAX", "INT64_MIN", "INT8_MAX",
	"INT8_MIN", "INT_MAX", "INT_MIN", "LLONG_MAX", "LLONG_MIN", "LONG_MAX",
	"LONG_MIN", "L_tmpnam", "MB_LEN_MAX", "M_E", "M_PI", "NAN", "NDEBUG",
	"NULL", "OVERFLOW", "P_tmpdir", "RAND_MAX", "SCHAR_MAX", "SEEK_CUR",
	"SEEK_END", "SEEK_SET", "SHRT_MAX", "SHRT_MIN", "SIGABRT", "SIGALRM",
	"SIGFPE", "SIGHUP", "SIGILL", "SIGINT", "SIGKILL", "SIGPIPE", "SIGSEGV",
	"SIGTERM", "SIG_DFL", "SIG_ERR", "SIG_IGN", "SIZE_MAX", "TMP_MAX",
	"TRUE", "UCHAR_MAX", "UINT16_MAX", "UINT32_MAX", "UINT64_MAX",
	"UINT8_MAX", "UINT_MAX", "ULONG_MAX", "UNDERFLOW", "_Alignas",
	"_Alignof", "_Atomic", "_Bool", "_Complex", "_Generic", "_IOFBF",
	"_IOLBF", "_IONBF", "_Imaginary", "_Noreturn", "_Static_assert",
	"_Thread_local", "__DATE__", "__FILE__", "__LINE__", "__TIME__",
	"__func__", "alignas", "alignof", "and", "and_eq", "asm", "assert",
	"auto", "bitand", "bitor", "bool", "break", "case", "catch", "char",
	"char16_t", "char32_t", "char8_t", "class", "co_await", "co_return",
	"co_yield", "compl", "complex", "concept", "const", "const_cast",
	"consteval", "constexpr", "constinit", "continue", "decltype",
	"default", "delete", "do", "double", "dynamic_cast", "else", "enum",
	"environ", "errno", "explicit", "export", "extern", "false", "float",
	"for", "friend", "goto", "i386", "if", "inline", "int", "int16_t",
	"int32_t", "int64_t", "int8_t", "isfinite", "isinf", "isnan",
	"isnormal", "linux", "long", "major", "makedev", "minor", "mutable",
	"namespace", "new", "noexcept", "noreturn", "not", "not_eq", "nullptr",
	"nullptr_t", "offsetof", "operator", "or", "or_eq", "private",
	"protected", "ptrdiff_t", "public", "register", "reinterpret_cast",
	"requires", "restrict", "return", "s6_addr", "s_addr", "sa_handler",
	"sa_sigaction", "setjmp", "short", "si_addr", "si_pid", "si_uid",
	"si_value", "sigsetjmp", "signbit", "signed", "size_t", "sizeof",
	"st_atime", "st_ctime", "st_mtime", "static", "static_assert",
	"static_cast", "stderr", "stdin", "stdout", "struct", "switch",
	"template", "this", "thread_local", "throw", "true", "try", "typedef",
	"typeid", "typename", "typeof", "uint16_t", "uint32_t", "uint64_t",
	"uint8_t", "uintptr_t", "union", "unix", "unsigned", "using",
	"va_arg", "va_copy", "va_end", "va_start", "virtual", "void",
	"volatile", "wchar_t", "while", "xor", "xor_eq",
};

static int
compare(const void *key, const void *word)
{
	return strcmp(key, *(const char *const *)word);
}

static bool
has_prefix(const char *name, const char *prefix)
{
	return strncmp(name, prefix, strlen(prefix)) == 0 &&
	    name[strlen(name) - 1] != '_';
}

bool
name_is_library(const char *name)
{
	return has_prefix(name, "tf_");
}

bool
name_is_reserved(const char *name)
{
	return has_prefix(name, "TF_") || bsearch(name, words, sizeof(words) /
	    sizeof(words[0]), sizeof(words[0]), compare) != NULL;
}
