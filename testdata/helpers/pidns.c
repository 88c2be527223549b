// SPDX-License-Identifier: MIT
//
// PID namespaces: made, entered, nested, and emptied by the kernel when their
// PID 1 is gone. Who dies with a namespace cannot be waited for; that it is dead
// is seen from a pipe whose last writer it was.
#include "helper.h"
#include <pthread.h>
#include <sys/reboot.h>

static struct latch ready, alive;

// members_gone tells whether every process that held the pipe is dead.
static void members_gone(void)
{
	char byte;

	close(alive.fd[1]);
	fcntl(alive.fd[0], F_SETFL, O_NONBLOCK);
	say_note("members_gone", read(alive.fd[0], &byte, 1) == 0);
}

static void member(void *arg)
{
	(void)arg;
	release(&ready);
	hold();
}

static void idle_init(void *arg)
{
	(void)arg;
	release(&ready);
	hold();
}

// N01: PID 1 exits 3 while two members live.
static void init_exits(void *arg)
{
	(void)arg;
	must_spawn("member-0", 0, member, NULL);
	must_spawn("member-1", 0, member, NULL);
	await(&ready, 2);
	_exit(3);
}

static void n01(int argc, char **argv)
{
	(void)argc, (void)argv;
	ready = latch();
	alive = latch();
	reap("init", must_spawn("init", CLONE_NEWPID, init_exits, NULL));
	members_gone();
}

// N02: the same by a thread of PID 1 that is not its leader.
static void *idle(void *arg)
{
	(void)arg;
	hold();
}

static void *exit_here(void *arg)
{
	(void)arg;
	_exit(4);
}

static void threaded_init(void *arg)
{
	pthread_t thread;

	(void)arg;
	must_spawn("member-0", 0, member, NULL);
	must_spawn("member-1", 0, member, NULL);
	await(&ready, 2);
	if ((errno = pthread_create(&thread, NULL, idle, NULL)) ||
	    (errno = pthread_create(&thread, NULL, exit_here, NULL)))
		die("pthread_create");
	hold();
}

static void n02(int argc, char **argv)
{
	(void)argc, (void)argv;
	ready = latch();
	alive = latch();
	reap("init", must_spawn("init", CLONE_NEWPID, threaded_init, NULL));
	members_gone();
}

// N03: the PID 1 of the outer of two namespaces is killed.
static void inner_init(void *arg)
{
	(void)arg;
	must_spawn("inner-0", 0, member, NULL);
	must_spawn("inner-1", 0, member, NULL);
	idle_init(NULL);
}

static void outer_init(void *arg)
{
	(void)arg;
	must_spawn("outer-0", 0, member, NULL);
	must_spawn("inner", CLONE_NEWPID, inner_init, NULL);
	hold();
}

static void n03(int argc, char **argv)
{
	(void)argc, (void)argv;
	ready = latch();
	alive = latch();
	pid_t outer = must_spawn("outer", CLONE_NEWPID, outer_init, NULL);
	await(&ready, 4);
	kill(outer, SIGKILL);
	reap("outer", outer);
	members_gone();
}

// N04: a namespace in a namespace, until the kernel refuses.
static void level(void *arg)
{
	long next = (long)(intptr_t)arg + 1;
	char role[32];

	snprintf(role, sizeof(role), "level-%ld", next);
	pid_t pid = spawn(role, CLONE_NEWPID, level, (void *)(intptr_t)next);
	if (pid < 0)
		say_error(role, "clone3");
	else
		reap(role, pid);
	_exit(next - 1);
}

static void n04(int argc, char **argv)
{
	(void)argc, (void)argv;
	reap("level-0", must_spawn("level-0", 0, level, NULL));
}

// N05: so many namespaces one after the other; the inode numbers come again.
static void brief(void *arg)
{
	_exit((int)(intptr_t)arg % 100);
}

static void n05(int argc, char **argv)
{
	int times = argc > 0 ? atoi(argv[0]) : 100;
	char role[32];

	for (int i = 0; i < times; i++) {
		snprintf(role, sizeof(role), "init-%d", i);
		reap(role, must_spawn(role, CLONE_NEWPID, brief, (void *)(intptr_t)i));
	}
}

// N07: the first child after unshare is the new namespace's PID 1; when it is
// dead no process can be born there.
static void unsharer(void *arg)
{
	(void)arg;
	if (unshare(CLONE_NEWPID))
		die("unshare");
	reap("first", must_spawn("first", 0, brief, NULL));
	pid_t pid = spawn("second", 0, brief, NULL);
	if (pid < 0)
		say_error("second", "clone3");
	else
		reap("second", pid);
	_exit(0);
}

static void n07(int argc, char **argv)
{
	(void)argc, (void)argv;
	reap("unsharer", must_spawn("unsharer", 0, unsharer, NULL));
}

// N08: born into a namespace by setns: one level down, two levels down, and at
// home again after an unshare that was taken back.
static struct latch numbers;

// own_number sends the PID that /proc, and so the main process, knows.
static void own_number(void)
{
	char link[16] = "";

	if (readlink("/proc/self", link, sizeof(link) - 1) < 0)
		die("/proc/self");
	pid_t pid = atoi(link);
	if (write(numbers.fd[1], &pid, sizeof(pid)) != sizeof(pid))
		die("own_number");
}

static void target_inner(void *arg)
{
	(void)arg;
	own_number();
	hold();
}

static void target_outer(void *arg)
{
	(void)arg;
	own_number();
	must_spawn("target-2", CLONE_NEWPID, target_inner, NULL);
	hold();
}

struct entry {
	const char *role;
	pid_t into; // 0: unshare first, then back into one's own
	int code;
};

static void exit_with(void *code)
{
	_exit(*(int *)code);
}

static void entrant(void *arg)
{
	struct entry *e = arg;
	char path[64] = "/proc/self/ns/pid";

	if (e->into)
		snprintf(path, sizeof(path), "/proc/%d/ns/pid", e->into);
	else if (unshare(CLONE_NEWPID))
		die("unshare");
	int ns = open(path, O_RDONLY | O_CLOEXEC);
	if (ns < 0 || setns(ns, CLONE_NEWPID))
		die("setns");
	reap(e->role, must_spawn(e->role, 0, exit_with, &e->code));
	_exit(0);
}

static void n08(int argc, char **argv)
{
	pid_t outer, targets[2];

	(void)argc, (void)argv;
	numbers = latch();
	outer = must_spawn("target-1", CLONE_NEWPID, target_outer, NULL);
	for (int i = 0; i < 2; i++)
		if (read(numbers.fd[0], &targets[i], sizeof(pid_t)) != sizeof(pid_t))
			die("numbers");
	struct entry one = { "entered-1", targets[0], 11 }, two = { "entered-2", targets[1], 12 },
		     home = { "entered-0", 0, 10 };
	reap("entrant-1", must_spawn("entrant-1", 0, entrant, &one));
	reap("entrant-2", must_spawn("entrant-2", 0, entrant, &two));
	reap("entrant-0", must_spawn("entrant-0", 0, entrant, &home));
	kill(outer, SIGKILL);
	reap("target-1", outer);
}

// N09: reboot(2) in a child namespace ends its PID 1, here by a member.
static ino_t own_ns(void)
{
	struct stat ns;

	if (stat("/proc/thread-self/ns/pid", &ns))
		die("/proc/thread-self/ns/pid");
	return ns.st_ino;
}

static ino_t outer_ns;

static void rebooter(void *arg)
{
	(void)arg;
	// In the initial namespace this call would restart the machine.
	if (!outer_ns || own_ns() == outer_ns || getppid() != 1)
		die("not in a child PID namespace");
	reboot(RB_AUTOBOOT);
	say_error("rebooter", "reboot");
	_exit(1);
}

static void reboot_init(void *arg)
{
	(void)arg;
	must_spawn("rebooter", 0, rebooter, NULL);
	hold();
}

static void n09(int argc, char **argv)
{
	(void)argc, (void)argv;
	outer_ns = own_ns();
	reap("init", must_spawn("init", CLONE_NEWPID, reboot_init, NULL));
}

int main(int argc, char **argv)
{
	static const struct scenario all[] = {
		{ "N01", n01 }, { "N02", n02 }, { "N03", n03 }, { "N04", n04 }, { "N05", n05 },
		{ "N07", n07 }, { "N08", n08 }, { "N09", n09 }, { 0 },
	};

	return helper_main(argc, argv, all);
}
