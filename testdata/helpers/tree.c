// SPDX-License-Identifier: MIT
//
// Identity and parents: PIDs used again, parents that are not the creator, and
// parents that die.
#include "helper.h"

static struct latch ready, go;

// T01: one PID, used again and again.
static void t01(int argc, char **argv)
{
	int times = argc > 0 ? atoi(argv[0]) : 100;
	pid_t pid = raw_clone(0, NULL, 0);
	char role[32];

	if (pid == 0)
		_exit(0);
	waitpid(pid, NULL, __WALL);
	for (int i = 0; i < times; i++) {
		snprintf(role, sizeof(role), "reuse-%d", i);
		pid_t got = raw_clone(0, &pid, 1);
		if (got == 0) {
			enter(role);
			say("self", role);
			_exit(i % 100);
		}
		if (got < 0) {
			// A stranger may hold the number for a moment.
			if (errno != EEXIST)
				die("clone3 with set_tid");
			usleep(1000);
			i--;
			continue;
		}
		reap(role, pid);
	}
}

// T07: killed by signal 9, and exited with the status that a shell makes of it.
static void holder(void *arg)
{
	(void)arg;
	release(&ready);
	hold();
}

static void status_137(void *arg)
{
	(void)arg;
	_exit(137);
}

static void t07(int argc, char **argv)
{
	(void)argc, (void)argv;
	ready = latch();
	pid_t victim = must_spawn("killed", 0, holder, NULL);
	await(&ready, 1);
	kill(victim, SIGKILL);
	reap("killed", victim);
	reap("status", must_spawn("status", 0, status_137, NULL));
}

// T08: vfork. The first child executes; the second exits when its parent, which
// waits for nothing else, exits too. The main process is a subreaper, so that it
// learns how the second one ended.
static void vfork_exec(void *arg)
{
	char *argv[] = { self_path, "T08-image", NULL };
	char *env[] = { "PN_ROLE=vforked-exec", "PN_CODE=4", NULL };

	(void)arg;
	pid_t pid = vfork();
	if (pid == 0) {
		execve(self_path, argv, env);
		_exit(98);
	}
	reap("vforked-exec", pid);
	_exit(0);
}

static void vfork_exit(void *arg)
{
	(void)arg;
	if (vfork() == 0) {
		say("self", "vforked-exit");
		_exit(5);
	}
	_exit(6);
}

static void t08(int argc, char **argv)
{
	(void)argc, (void)argv;
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	reap("vfork-exec", must_spawn("vfork-exec", 0, vfork_exec, NULL));
	reap("vfork-exit", must_spawn("vfork-exit", 0, vfork_exit, NULL));
	reap("vforked-exit", 0);
}

// T09: a daemon by double fork whose middle is gone at once.
static void daemon_body(void *middle)
{
	setsid();
	await_new_parent(*(pid_t *)middle);
	say("moved", "daemon");
	say_exit("daemon", 9);
}

static void middle(void *arg)
{
	pid_t me = getpid();

	(void)arg;
	must_spawn("daemon", 0, daemon_body, &me);
	_exit(0);
}

static void t09(int argc, char **argv)
{
	(void)argc, (void)argv;
	reap("middle", must_spawn("middle", 0, middle, NULL));
}

// T10: A (subreaper) > B > C > D. B is killed, so C goes to A; A exits, so C goes
// to the init of its PID namespace.
static void leaf(void *arg)
{
	(void)arg;
	release(&ready);
	await(&go, 1);
	_exit(2);
}

static void chain_c(void *b)
{
	pid_t d = must_spawn("D", 0, leaf, NULL);

	await_new_parent(*(pid_t *)b);
	pid_t a = getppid();
	say("moved", "C");
	release(&ready);
	await_new_parent(a);
	say("moved", "C");
	release(&go);
	reap("D", d);
	say_exit("C", 1);
}

static void chain_b(void *arg)
{
	pid_t me = getpid();

	(void)arg;
	must_spawn("C", 0, chain_c, &me);
	hold();
}

static void chain_a(void *arg)
{
	(void)arg;
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	pid_t b = must_spawn("B", 0, chain_b, NULL);
	await(&ready, 1); // D is there
	kill(b, SIGKILL);
	reap("B", b);
	await(&ready, 1); // C is mine
	_exit(0);
}

static void t10(int argc, char **argv)
{
	(void)argc, (void)argv;
	ready = latch();
	go = latch();
	reap("A", must_spawn("A", 0, chain_a, NULL));
}

// T13: CLONE_PARENT makes a sibling of the creator.
static void sibling(void *arg)
{
	(void)arg;
	_exit(8);
}

static void cloner(void *arg)
{
	(void)arg;
	must_spawn("sibling", CLONE_PARENT, sibling, NULL);
	_exit(0);
}

static void t13(int argc, char **argv)
{
	(void)argc, (void)argv;
	reap("cloner", must_spawn("cloner", 0, cloner, NULL));
	reap("sibling", 0);
}

// T16: a parent that ignores SIGCHLD gets neither a zombie nor a status.
static void unwaited(void *arg)
{
	(void)arg;
	say_exit("unwaited", 3);
}

static void t16(int argc, char **argv)
{
	(void)argc, (void)argv;
	signal(SIGCHLD, SIG_IGN);
	reap("unwaited", must_spawn("unwaited", 0, unwaited, NULL));
}

int main(int argc, char **argv)
{
	static const struct scenario all[] = {
		{ "T01", t01 }, { "T07", t07 }, { "T08", t08 }, { "T09", t09 },
		{ "T10", t10 }, { "T13", t13 }, { "T16", t16 }, { 0 },
	};

	if (getenv("PN_ROLE"))
		after_exec(argc, argv);
	return helper_main(argc, argv, all);
}
