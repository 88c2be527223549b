// SPDX-License-Identifier: MIT
//
// pn-flood N: sends itself N real-time signals, which it handles, and says how many
// nanoseconds of CPU time one took.
#include "helper.h"
#include <time.h>

static volatile sig_atomic_t handled;

static void handle(int n)
{
	(void)n;
	handled++;
}

int main(int argc, char **argv)
{
	long n = argc > 1 ? atol(argv[1]) : 1;
	struct timespec a, b;

	if (signal(SIGRTMIN, handle) == SIG_ERR)
		die("signal");
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &a);
	for (long i = 0; i < n; i++)
		if (raise(SIGRTMIN))
			die("raise");
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &b);
	printf("%ld %lld\n", (long)handled, ((b.tv_sec - a.tv_sec) * 1000000000LL + b.tv_nsec - a.tv_nsec) / n);
	return handled == n ? 0 : 1;
}
