// SPDX-License-Identifier: MIT
//
// pn-foreign <FILTER: makes system calls by the 32-bit ABI of x86, without and with the
// filter that it reads, an array of struct sock_filter in this machine's order. A line
// for each call: its name and both errors, 0 for none. It ends with 77 where the kernel
// has no such ABI.
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <unistd.h>

static const struct {
	const char *name;
	long nr, first, second;
} calls[] = {
	// Numbers of arch/x86/entry/syscalls/syscall_32.tbl.
	{ "getpid", 20, 0, 0 },
	{ "socket", 359, 2, 2 },
	{ "execve", 11, 0, 0 },
	{ "open", 5, 0, 1 },
};

static void none(int signal)
{
	(void)signal;
	_exit(77);
}

static long foreign(long nr, long first, long second)
{
#ifdef __x86_64__
	long result;

	asm volatile("int $0x80" : "=a"(result) : "a"(nr), "b"(first), "c"(second), "d"(0L) : "memory", "r8", "r9", "r10", "r11");
	return (int)result;
#else
	(void)nr, (void)first, (void)second;
	_exit(77);
#endif
}

int main(void)
{
	struct sock_filter filter[4096];
	size_t n = fread(filter, sizeof(*filter), 4096, stdin);
	struct sock_fprog program = { n, filter };
	long before[sizeof(calls) / sizeof(*calls)];

	signal(SIGSEGV, none);
	for (size_t i = 0; i < sizeof(calls) / sizeof(*calls); i++)
		before[i] = foreign(calls[i].nr, calls[i].first, calls[i].second);
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) || prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program)) {
		perror("foreign: seccomp");
		return 99;
	}
	for (size_t i = 0; i < sizeof(calls) / sizeof(*calls); i++) {
		long after = foreign(calls[i].nr, calls[i].first, calls[i].second);
		printf("%s %ld %ld\n", calls[i].name, before[i] < 0 ? -before[i] : 0, after < 0 ? -after : 0);
	}
	return 0;
}
