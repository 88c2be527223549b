// SPDX-License-Identifier: MIT
//
// Parents that die in unusual company: subreapers set late and cleared, threads
// that end meanwhile, deep ancestries, debuggers, and PID namespaces that were
// entered from outside or whose PID 1 nobody waits for.
#include "helper.h"
#include <pthread.h>
#include <sys/mman.h>
#include <sys/ptrace.h>

static struct latch ready, go, up;

// parent is the real parent's PID where /proc was mounted: getppid of who came
// from outside its PID namespace is always 0.
static long parent(void)
{
	char status[4096];

	slurp("/proc/self/status", status, sizeof(status));
	return status_field(status, "\nPPid:");
}

// moved waits for another parent and tells it.
static void moved(const char *role, long old)
{
	while (parent() == old)
		usleep(200);
	say("moved", role);
}

// reap_all waits for whoever came to main: these tell their own ends.
static void reap_all(void)
{
	while (waitid(P_ALL, 0, NULL, WEXITED | __WALL) == 0 || errno == EINTR)
		;
}

// An orphan moves so many times and then ends.
struct orphan {
	const char *role;
	int moves, code;
};

static void orphan(void *arg)
{
	struct orphan *o = arg;
	long old = parent();

	release(&ready);
	for (int i = 0; i < o->moves; i++) {
		moved(o->role, old);
		old = parent();
		release(&go);
	}
	say_exit(o->role, o->code);
}

static void has_orphan(void *arg)
{
	must_spawn(((struct orphan *)arg)->role, 0, orphan, arg);
	hold();
}

// bereave makes a parent with a child and kills the parent.
static void bereave(const char *role, struct orphan *o)
{
	pid_t pid = must_spawn(role, 0, has_orphan, o);

	await(&ready, 1);
	kill(pid, SIGKILL);
	reap(role, pid);
	await(&go, 1); // the orphan has moved
}

// T11: S becomes a subreaper when its grandchild is there, is none for the second,
// and for the third it is one whose leader has ended.
static struct orphan x1 = { "X1", 2, 1 }, x2 = { "X2", 1, 2 }, x3 = { "X3", 2, 3 };

static void *headless(void *arg)
{
	(void)arg;
	usleep(10000); // the leader ends
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	bereave("P3", &x3);
	_exit(4);
}

static void t11_s(void *arg)
{
	pthread_t thread;
	pid_t p1 = must_spawn("P1", 0, has_orphan, &x1);

	(void)arg;
	await(&ready, 1);
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	kill(p1, SIGKILL);
	reap("P1", p1);
	await(&go, 1);
	prctl(PR_SET_CHILD_SUBREAPER, 0);
	bereave("P2", &x2);
	if ((errno = pthread_create(&thread, NULL, headless, NULL)))
		die("pthread_create");
	syscall(SYS_exit, 0);
}

static void t11(int argc, char **argv)
{
	(void)argc, (void)argv;
	ready = latch();
	go = latch();
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	reap("S", must_spawn("S", 0, t11_s, NULL));
	reap_all();
}

// T12: at the end of 100 ancestors a parent dies together with its 64 threads.
#define DEPTH 100
static pid_t *line;
static pthread_barrier_t barrier;
static struct orphan deep = { "orphan", 1, 5 };

static void *ends(void *arg)
{
	pthread_barrier_wait(&barrier);
	return arg;
}

static void wide(void *arg)
{
	pthread_t thread;

	must_spawn("orphan", 0, orphan, &deep);
	await(&ready, 1);
	pthread_barrier_init(&barrier, NULL, 65);
	for (int i = 0; i < 64; i++)
		if ((errno = pthread_create(&thread, NULL, ends, arg)))
			die("pthread_create");
	pthread_barrier_wait(&barrier);
	_exit(6);
}

static void ancestor(void *arg)
{
	long next = (long)(intptr_t)arg + 1;
	char role[32];

	line[next - 1] = getpid();
	snprintf(role, sizeof(role), "level-%ld", next);
	if (next == DEPTH) {
		reap("wide", must_spawn("wide", 0, wide, NULL));
		release(&go);
	} else {
		must_spawn(role, 0, ancestor, (void *)(intptr_t)next);
	}
	hold();
}

static void t12(int argc, char **argv)
{
	(void)argc, (void)argv;
	ready = latch();
	go = latch();
	line = mmap(NULL, DEPTH * sizeof(pid_t), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	must_spawn("level-0", 0, ancestor, (void *)(intptr_t)0);
	await(&go, 2); // the orphan has moved, and the wait for its parent is told
	for (int i = DEPTH - 1; i >= 0; i--)
		kill(line[i], SIGKILL);
	reap_all();
}

// T15: the father dies while a debugger is the child's parent for wait.
static pid_t *child_pid;

static void traced(void *arg)
{
	long old = parent();

	(void)arg;
	*child_pid = getpid();
	release(&ready);
	moved("child", old);
	release(&ready);
	await(&go, 1);
	say_exit("child", 7);
}

static void father(void *arg)
{
	must_spawn("child", 0, traced, arg);
	hold();
}

static void debugger(void *arg)
{
	if (ptrace(PTRACE_SEIZE, *child_pid, 0, 0))
		die("ptrace");
	kill(*(pid_t *)arg, SIGKILL);
	await(&ready, 1); // the child has moved
	_exit(8);
}

static void t15(int argc, char **argv)
{
	(void)argc, (void)argv;
	ready = latch();
	go = latch();
	child_pid = mmap(NULL, sizeof(pid_t), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	pid_t pid = must_spawn("father", 0, father, NULL);
	await(&ready, 1);
	reap("debugger", must_spawn("debugger", 0, debugger, &pid));
	reap("father", pid);
	release(&go);
	reap_all();
}

// N06: two processes come into a namespace from outside, and their parent outside
// dies. One ends: its child stays inside. Then PID 1 is killed, and waits for the
// other until main, outside, has reaped it.
static pid_t *inner;
static struct orphan inside = { "orphan", 1, 0 };

static void inside_orphan(void *arg)
{
	struct orphan *o = arg;
	long old = parent();

	release(&ready);
	moved(o->role, old);
	release(&ready);
	hold();
}

static void leaves_orphan(void *arg)
{
	must_spawn("orphan", 0, inside_orphan, &inside);
	(void)arg;
	await(&ready, 1);
	_exit(9);
}

static void stays(void *arg)
{
	long old = parent();

	(void)arg;
	release(&go);
	moved("injected", old);
	release(&ready);
	hold();
}

static void injector(void *arg)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/ns/pid", *(pid_t *)arg);
	int ns = open(path, O_RDONLY | O_CLOEXEC);
	if (ns < 0 || setns(ns, CLONE_NEWPID))
		die("setns");
	reap("passer", must_spawn("passer", 0, leaves_orphan, NULL));
	inner[0] = must_spawn("injected", 0, stays, NULL);
	await(&go, 1);
	_exit(0);
}

static void idle_init(void *arg)
{
	(void)arg;
	release(&up);
	hold();
}

static void n06(int argc, char **argv)
{
	siginfo_t how = { .si_pid = 0 };

	(void)argc, (void)argv;
	ready = latch();
	go = latch();
	up = latch();
	inner = mmap(NULL, sizeof(pid_t), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	pid_t init = must_spawn("init", CLONE_NEWPID, idle_init, NULL);
	await(&up, 1); // it has said who it is, or a busy machine kills it before
	reap("injector", must_spawn("injector", 0, injector, &init));
	await(&ready, 2); // the orphan and the injected have moved
	kill(init, SIGKILL);
	waitid(P_PID, inner[0], &how, WEXITED | WNOWAIT);
	usleep(20000);
	how.si_pid = 0;
	waitid(P_PID, init, &how, WEXITED | WNOHANG | WNOWAIT);
	say_note("waitable_before", how.si_pid != 0);
	reap("injected", inner[0]);
	reap("init", init);
}

// N11: a PID 1 that ignores SIGCHLD, and whose own parent waits only much later.
static struct orphan unwaited = { "orphan", 1, 10 };

static void middle(void *arg)
{
	must_spawn("orphan", 0, orphan, arg);
	await(&ready, 1);
	_exit(11);
}

static void careless_init(void *arg)
{
	(void)arg;
	signal(SIGCHLD, SIG_IGN);
	reap("middle", must_spawn("middle", 0, middle, &unwaited));
	while (kill(-1, 0) == 0 || errno != ESRCH)
		usleep(200); // until nobody else is there
	_exit(12);
}

static void n11(int argc, char **argv)
{
	siginfo_t how;

	(void)argc, (void)argv;
	ready = latch();
	go = latch();
	pid_t init = must_spawn("init", CLONE_NEWPID, careless_init, NULL);
	if (waitid(P_PID, init, &how, WEXITED | WNOWAIT))
		die("waitid");
	usleep(50000);
	say_note("waited", 1);
	reap("init", init);
}

int main(int argc, char **argv)
{
	static const struct scenario all[] = {
		{ "T11", t11 }, { "T12", t12 }, { "T15", t15 }, { "N06", n06 }, { "N11", n11 }, { 0 },
	};

	return helper_main(argc, argv, all);
}
