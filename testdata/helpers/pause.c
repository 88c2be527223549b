// SPDX-License-Identifier: MIT
//
// The PID 1 of a pod: it reaps what is orphaned in a shared PID namespace, and
// sleeps until it is asked to end.
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static void end(int sig)
{
	(void)sig;
	_exit(0);
}

static void reap(int sig)
{
	(void)sig;
	while (waitpid(-1, NULL, WNOHANG) > 0)
		;
}

int main(void)
{
	sigaction(SIGINT, &(struct sigaction){ .sa_handler = end }, NULL);
	sigaction(SIGTERM, &(struct sigaction){ .sa_handler = end }, NULL);
	sigaction(SIGCHLD, &(struct sigaction){ .sa_handler = reap, .sa_flags = SA_NOCLDSTOP }, NULL);
	for (;;)
		pause();
}
