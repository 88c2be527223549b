// SPDX-License-Identifier: MIT
//
// crowd N RATE: N children that sleep, and RATE more a second that end at once, until it
// is killed; with it end those that sleep. For scripts/top-cost.sh.
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	if (argc != 3) {
		dprintf(2, "usage: %s N RATE\n", argv[0]);
		return 2;
	}
	signal(SIGCHLD, SIG_IGN); // nobody waits: one event less for each
	for (long n = atol(argv[1]); n > 0; n--) {
		pid_t pid = fork();
		if (pid < 0) {
			perror("fork");
			return 1;
		}
		if (pid == 0) {
			prctl(PR_SET_PDEATHSIG, SIGKILL);
			for (;;)
				pause();
		}
	}
	long batch = atol(argv[2]) / 100;
	struct timespec next;
	clock_gettime(CLOCK_MONOTONIC, &next);
	for (;;) {
		for (long n = 0; n < batch; n++)
			if (fork() == 0)
				_exit(0);
		next.tv_nsec += 10 * 1000 * 1000;
		if (next.tv_nsec >= 1000000000) {
			next.tv_nsec -= 1000000000;
			next.tv_sec++;
		}
		clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &next, NULL);
	}
}
