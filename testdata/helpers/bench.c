// SPDX-License-Identifier: MIT
//
// Workloads for internal/bench: pn-bench WORKLOAD N does one thing N times and
// prints how long that took, as "<wall ns> <cpu ns>" with the CPU time of its
// children. It asks for nothing to be traced and knows no tracer.
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

__attribute__((noreturn)) static void die(const char *what)
{
	dprintf(2, "bench: %s: %s\n", what, strerror(errno));
	_exit(99);
}

static void join(pid_t pid)
{
	int status;

	if (pid < 0 || waitpid(pid, &status, 0) != pid || status)
		die("child");
}

static void pin(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	if (sched_setaffinity(0, sizeof(set), &set))
		die("affinity");
}

// image is the program beside this one that ends at once.
static char image[4096];

static void find_image(void)
{
	ssize_t n = readlink("/proc/self/exe", image, sizeof(image) - 1);
	char *slash = n < 0 ? NULL : strrchr(image, '/');

	if (!slash || slash + sizeof("/pn-nothing") > image + sizeof(image))
		die("/proc/self/exe");
	strcpy(slash, "/pn-nothing");
}

// spawn is what a shell does for every command.
static void spawn(long n)
{
	while (n-- > 0) {
		pid_t pid = fork();

		if (pid == 0) {
			execl(image, "pn-nothing", NULL);
			die("exec");
		}
		join(pid);
	}
}

static void forks(long n)
{
	while (n-- > 0) {
		pid_t pid = fork();

		if (pid == 0)
			_exit(0);
		join(pid);
	}
}

// newns is what a container runtime does: an init in namespaces of its own that
// executes, and leaves two children to the kernel, which kills and reaps them.
static void newns(long n)
{
	while (n-- > 0) {
		pid_t pid = syscall(SYS_clone, CLONE_NEWPID | CLONE_NEWNS | CLONE_NEWUTS | CLONE_NEWIPC | SIGCHLD,
				    NULL, NULL, NULL, NULL);

		if (pid == 0) {
			for (int i = 0; i < 2; i++) {
				pid = fork();
				if (pid < 0)
					die("fork");
				if (pid == 0) {
					pause();
					_exit(1);
				}
			}
			execl(image, "pn-nothing", NULL);
			die("exec");
		}
		join(pid);
	}
}

// both is spawn on two CPUs at once, where there are two.
static void both(long n)
{
	pid_t pid[2];

	for (int i = 0; i < 2; i++) {
		pid[i] = fork();
		if (pid[i] == 0) {
			pin(i % (int)sysconf(_SC_NPROCESSORS_ONLN));
			spawn(n / 2);
			_exit(0);
		}
	}
	join(pid[0]);
	join(pid[1]);
}

static void *nothing(void *arg)
{
	return arg;
}

static void threads(long n)
{
	pthread_t thread;

	while (n-- > 0)
		if (pthread_create(&thread, NULL, nothing, NULL) || pthread_join(thread, NULL))
			die("thread");
}

// burst makes n children that live until the last one is there.
static void burst(long n)
{
	int hold[2];
	char byte;

	if (pipe(hold))
		die("pipe");
	for (long i = 0; i < n; i++) {
		pid_t pid = fork();

		if (pid < 0)
			die("fork");
		if (pid == 0) {
			close(hold[1]);
			_exit(read(hold[0], &byte, 1) != 0);
		}
	}
	close(hold[1]);
	for (int status; n > 0; n--)
		if (wait(&status) < 0 || status)
			die("child");
}

// hold makes n children that live until standard input ends, and says when they are
// there. It measures nothing: it is what a tracer finds.
static void hold(long n)
{
	char byte;

	for (long i = 0; i < n; i++) {
		pid_t pid = fork();

		if (pid < 0)
			die("fork");
		if (pid == 0)
			_exit(read(0, &byte, 1) != 0);
	}
	dprintf(1, "ready\n");
	for (int status; n > 0; n--)
		if (wait(&status) < 0 || status)
			die("child");
}

static void calls(long n)
{
	while (n-- > 0)
		syscall(SYS_getppid);
}

// pingpong is on one CPU: two would measure how fast an idle one wakes up.
static void pingpong(long n)
{
	int to[2], from[2];
	char byte = 0;

	pin(0);
	if (pipe(to) || pipe(from))
		die("pipe");
	pid_t pid = fork();
	if (pid == 0) {
		close(to[1]);
		while (read(to[0], &byte, 1) == 1)
			if (write(from[1], &byte, 1) != 1)
				die("write");
		_exit(0);
	}
	while (n-- > 0)
		if (write(to[1], &byte, 1) != 1 || read(from[0], &byte, 1) != 1)
			die("ping");
	close(to[1]);
	join(pid);
}

static long long now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000LL + t.tv_nsec;
}

static long long cpu(int who)
{
	struct rusage u;

	getrusage(who, &u);
	return (u.ru_utime.tv_sec + u.ru_stime.tv_sec) * 1000000000LL +
	       (u.ru_utime.tv_usec + u.ru_stime.tv_usec) * 1000LL;
}

static const struct {
	const char *name;
	void (*run)(long n);
} workloads[] = {
	{"spawn", spawn}, {"fork", forks}, {"both", both}, {"thread", threads},
	{"burst", burst}, {"getppid", calls}, {"pingpong", pingpong}, {"newns", newns},
	{"hold", hold},
};

int main(int argc, char **argv)
{
	find_image();
	for (size_t i = 0; argc == 3 && i < sizeof(workloads) / sizeof(workloads[0]); i++) {
		if (strcmp(argv[1], workloads[i].name))
			continue;
		long long wall = now(), used = cpu(RUSAGE_SELF) + cpu(RUSAGE_CHILDREN);

		workloads[i].run(atol(argv[2]));
		wall = now() - wall;
		printf("%lld %lld\n", wall, cpu(RUSAGE_SELF) + cpu(RUSAGE_CHILDREN) - used);
		return 0;
	}
	dprintf(2, "usage: %s WORKLOAD N\n", argv[0]);
	return 2;
}
