// SPDX-License-Identifier: MIT
//
// T02: a namespace with so few PIDs that all are used again and again. How child
// number i ends is a function of i, which its PID 1 knows and checks; each eighth
// leaves a child behind, which ends only when it is PID 1's.
#include "helper.h"

#define FEW 330
#define AT_ONCE 16
#define PID_MAX "/proc/sys/kernel/pid_max"

static long pid_max(void)
{
	char text[32];

	slurp(PID_MAX, text, sizeof(text));
	return atol(text);
}

static void set_pid_max(long n)
{
	char text[32];
	int fd = open(PID_MAX, O_WRONLY | O_CLOEXEC);
	int size = sprintf(text, "%ld", n);

	if (fd < 0 || write(fd, text, size) != size)
		die(PID_MAX);
	close(fd);
}

// A child ends by its number: by a signal, or with a code.
__attribute__((noreturn)) static void end_as(long i)
{
	if (i % 16 == 3)
		raise(SIGUSR1);
	if (i % 8 == 1 && raw_clone(0, NULL, 0) == 0) {
		while (getppid() != 1)
			usleep(100);
		_exit(200);
	}
	_exit(i * 7 % 199);
}

static int right_end(long i, const siginfo_t *how)
{
	if (i % 16 == 3)
		return how->si_code == CLD_KILLED && how->si_status == SIGUSR1;
	return how->si_code == CLD_EXITED && how->si_status == i * 7 % 199;
}

static void few_pids_init(void *arg)
{
	long times = (long)(intptr_t)arg, number[FEW] = { 0 };
	long children = 0, orphans = 0, ended = 0, wrong = 0;
	siginfo_t how;

	set_pid_max(FEW);
	while (children < times || ended < children + orphans) {
		if (children < times && children + orphans - ended < AT_ONCE) {
			pid_t pid = raw_clone(0, NULL, 0);
			if (pid == 0)
				end_as(children);
			if (pid < 0 || pid >= FEW)
				die("clone3");
			orphans += children % 8 == 1;
			number[pid] = ++children;
			continue;
		}
		if (waitid(P_ALL, 0, &how, WEXITED))
			die("waitid");
		ended++;
		if (!number[how.si_pid])
			wrong += how.si_code != CLD_EXITED || how.si_status != 200;
		else
			wrong += !right_end(number[how.si_pid] - 1, &how);
		number[how.si_pid] = 0;
	}
	say_note("births", children + orphans);
	say_note("orphans", orphans);
	say_note("wrong", wrong);
	_exit(0);
}

// own_pid_max finds out whether a namespace has a limit of its own (since Linux
// 6.14) by a value next to the machine's, which is put back where it is not so.
static void own_pid_max(void *arg)
{
	long outside = (long)(intptr_t)arg;

	set_pid_max(outside - 1);
	_exit(0);
}

static void t02(int argc, char **argv)
{
	long before = pid_max(), times = argc > 0 ? atol(argv[0]) : 1000;

	reap("prober", must_spawn("prober", CLONE_NEWPID, own_pid_max, (void *)(intptr_t)before));
	if (pid_max() != before) {
		set_pid_max(before);
		errno = ENOSYS;
		say_error("main", "pid_max");
		return;
	}
	reap("init", must_spawn("init", CLONE_NEWPID, few_pids_init, (void *)(intptr_t)times));
}

int main(int argc, char **argv)
{
	static const struct scenario all[] = { { "T02", t02 }, { 0 } };

	return helper_main(argc, argv, all);
}
