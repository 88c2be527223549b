// SPDX-License-Identifier: MIT
//
// What the scenario programs share. Each provokes one behaviour of the kernel and
// reports what is true of it, one JSON object a line on stdout (the fields are
// explained at type Fact in internal/kerneltest/report.go). A program does nothing
// until a byte comes on stdin. Every process has a role, bears it in its name
// ("pn-" + scenario + role), and ends by alarm(2) at the latest.
//
// Processes tell their own numbers as /proc shows them, so that a process in a
// child PID namespace tells those of the namespace that /proc was mounted in.
#ifndef HELPER_H
#define HELPER_H

#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

// The functions of sched.h are declared here: the header's own struct clone_args
// clashes with the kernel's.
int unshare(int);
int setns(int, int);

#define MAYBE __attribute__((unused)) static
#define LIMIT_S 60

struct scenario {
	const char *id;
	void (*run)(int argc, char **argv);
};

static const char *scenario_id = "none";
static char self_path[4096];

__attribute__((noreturn)) MAYBE void die(const char *what)
{
	dprintf(2, "%s: %s: %s\n", scenario_id, what, strerror(errno));
	_exit(99);
}

// emit writes one line in one write: no two processes' lines mix.
__attribute__((format(printf, 1, 2))) MAYBE void emit(const char *format, ...)
{
	char line[4096];
	va_list args;

	va_start(args, format);
	int n = vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	if (n >= (int)sizeof(line) || write(1, line, n) != n)
		die("emit");
}

MAYBE char *hex(char *to, const void *bytes, size_t n)
{
	for (size_t i = 0; i < n; i++)
		sprintf(to + 2 * i, "%02x", ((const unsigned char *)bytes)[i]);
	to[2 * n] = 0;
	return to;
}

MAYBE void slurp(const char *path, char *to, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, to, size - 1);

	if (n < 0)
		die(path);
	to[n] = 0;
	close(fd);
}

MAYBE long status_field(const char *status, const char *name)
{
	const char *at = strstr(status, name);

	return at ? strtol(at + strlen(name), NULL, 10) : -1;
}

// start_ticks is the start of the calling process's leader.
MAYBE unsigned long long start_ticks(void)
{
	char line[1024];

	slurp("/proc/self/stat", line, sizeof(line));
	const char *at = strrchr(line, ')');
	for (int field = 2; at && field < 22; field++)
		at = strchr(at + 1, ' ');
	return at ? strtoull(at, NULL, 10) : 0;
}

// describe writes the members that tell the calling thread's process.
MAYBE void describe(char *to, size_t size)
{
	char status[4096], pids[400] = "", name[32], comm[64];
	struct stat ns;

	slurp("/proc/thread-self/status", status, sizeof(status));
	slurp("/proc/thread-self/comm", name, sizeof(name));
	if (stat("/proc/thread-self/ns/pid", &ns))
		die("/proc/thread-self/ns/pid");
	const char *at = strstr(status, "\nNStgid:");
	at = at ? at + strlen("\nNStgid:") : "\n";
	for (char *end; *at != '\n'; at = end)
		sprintf(pids + strlen(pids), "%s%ld", *pids ? "," : "", strtol(at, &end, 10));
	snprintf(to, size,
		 "\"pid\":%ld,\"tid\":%ld,\"ppid\":%ld,\"pids\":[%s],\"pidns\":%lu,\"start\":%llu,\"comm\":\"%s\"",
		 status_field(status, "\nTgid:"), status_field(status, "\nPid:"),
		 status_field(status, "\nPPid:"), pids, (unsigned long)ns.st_ino, start_ticks(),
		 hex(comm, name, strlen(name) - 1));
}

// say tells what the calling thread's process is now.
MAYBE void say(const char *what, const char *role)
{
	char who[1024];

	describe(who, sizeof(who));
	emit("{\"say\":\"%s\",\"role\":\"%s\",%s}\n", what, role, who);
}

MAYBE void say_error(const char *role, const char *call)
{
	emit("{\"say\":\"error\",\"role\":\"%s\",\"call\":\"%s\",\"errno\":\"%s\"}\n", role, call,
	     strerrorname_np(errno));
}

MAYBE void say_note(const char *name, long value)
{
	emit("{\"say\":\"note\",\"role\":\"\",\"name\":\"%s\",\"value\":%ld}\n", name, value);
}

// say_exit is for a process that no other of ours waits for; it ends it.
__attribute__((noreturn)) MAYBE void say_exit(const char *role, int code)
{
	emit("{\"say\":\"exit\",\"role\":\"%s\",\"code\":%d}\n", role, code);
	_exit(code);
}

// reap waits for a child, for any with PID 0, and tells how it ended.
MAYBE void reap(const char *role, pid_t pid)
{
	siginfo_t how;

	if (waitid(pid ? P_PID : P_ALL, pid, &how, WEXITED | __WALL)) {
		say_error(role, "waitid");
		return;
	}
	if (how.si_code == CLD_EXITED)
		emit("{\"say\":\"wait\",\"role\":\"%s\",\"code\":%d}\n", role, how.si_status);
	else
		emit("{\"say\":\"wait\",\"role\":\"%s\",\"signal\":%d,\"core\":%s}\n", role, how.si_status,
		     how.si_code == CLD_DUMPED ? "true" : "false");
}

// enter names the process and bounds its life.
MAYBE void enter(const char *role)
{
	char name[64];

	snprintf(name, sizeof(name), "pn-%s-%s", scenario_id, role);
	prctl(PR_SET_NAME, name);
	alarm(LIMIT_S);
}

MAYBE pid_t raw_clone(uint64_t flags, pid_t *set_tid, size_t levels)
{
	struct clone_args args = {
		.flags = flags,
		// With CLONE_PARENT the child takes its creator's.
		.exit_signal = flags & CLONE_PARENT ? 0 : SIGCHLD,
		.set_tid = (uintptr_t)set_tid,
		.set_tid_size = levels,
	};

	return syscall(SYS_clone3, &args, sizeof(args));
}

// spawn makes a child that tells of itself and runs body; -1 when refused.
MAYBE pid_t spawn(const char *role, uint64_t flags, void (*body)(void *), void *arg)
{
	pid_t pid = raw_clone(flags, NULL, 0);

	if (pid != 0)
		return pid;
	enter(role);
	say("self", role);
	body(arg);
	_exit(0);
}

// must_spawn is spawn where a refusal is no part of the scenario.
MAYBE pid_t must_spawn(const char *role, uint64_t flags, void (*body)(void *), void *arg)
{
	pid_t pid = spawn(role, flags, body, arg);

	if (pid < 0)
		die(role);
	return pid;
}

struct latch {
	int fd[2];
};

MAYBE struct latch latch(void)
{
	struct latch l;

	if (pipe2(l.fd, O_CLOEXEC))
		die("pipe");
	return l;
}

MAYBE void release(struct latch *l)
{
	if (write(l->fd[1], "", 1) != 1)
		die("release");
}

MAYBE void await(struct latch *l, int times)
{
	char byte;

	while (times-- > 0)
		if (read(l->fd[0], &byte, 1) != 1)
			die("await");
}

__attribute__((noreturn)) MAYBE void hold(void)
{
	for (;;)
		pause();
}

// await_new_parent returns when the process is no longer a child of old.
MAYBE void await_new_parent(pid_t old)
{
	while (getppid() == old)
		usleep(500);
}

// after_exec is the whole life of an image that a scenario executes: it tells what
// it was given and ends. The environment says so, since the arguments belong to
// the scenario. With PN_COMM it then takes that name.
__attribute__((noreturn)) MAYBE void after_exec(int argc, char **argv)
{
	char who[1024], exe[1024], exe_hex[2048], args[3000] = "";
	const char *role = getenv("PN_ROLE"), *comm = getenv("PN_COMM"), *code = getenv("PN_CODE");
	uint64_t fnv = 0xcbf29ce484222325;
	size_t bytes = 0, n;

	for (int i = 0; i < argc; i++) {
		n = strlen(argv[i]) + 1;
		for (size_t j = 0; j < n; j++)
			fnv = (fnv ^ (unsigned char)argv[i][j]) * 0x100000001b3;
		bytes += n;
	}
	for (int i = 0, at = 0; bytes <= 1200 && argc <= 64 && i < argc; i++) {
		at += sprintf(args + at, "%s\"", i ? "," : "");
		at += 2 * strlen(argv[i]);
		hex(args + at - 2 * strlen(argv[i]), argv[i], strlen(argv[i]));
		at += sprintf(args + at, "\"");
	}
	n = readlink("/proc/self/exe", exe, sizeof(exe));
	if (n > sizeof(exe))
		die("/proc/self/exe");
	describe(who, sizeof(who));
	emit("{\"say\":\"exec\",\"role\":\"%s\",%s,\"exe\":\"%s\",\"argc\":%d,\"args_bytes\":%zu,"
	     "\"args_fnv\":\"%016llx\",\"args\":[%s]}\n",
	     role, who, hex(exe_hex, exe, n), argc, bytes, (unsigned long long)fnv, args);
	if (comm) {
		prctl(PR_SET_NAME, comm);
		say("renamed", role);
	}
	_exit(code ? atoi(code) : 0);
}

MAYBE int helper_main(int argc, char **argv, const struct scenario *all)
{
	char byte;

	if (readlink("/proc/self/exe", self_path, sizeof(self_path) - 1) < 0)
		die("/proc/self/exe");
	for (; argc > 1 && all->id; all++) {
		if (strcmp(all->id, argv[1]))
			continue;
		scenario_id = all->id;
		enter("main");
		if (read(0, &byte, 1) != 1)
			return 0; // not wanted any more
		say("self", "main");
		all->run(argc - 2, argv + 2);
		return 0;
	}
	dprintf(2, "usage: %s SCENARIO [ARG]\n", argv[0]);
	return 2;
}

#endif
