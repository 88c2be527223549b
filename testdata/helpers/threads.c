// SPDX-License-Identifier: MIT
//
// Threads and the end of processes: what makes "the leader exited" and "the
// process is dead" two different things.
#include "helper.h"
#include <linux/io_uring.h>
#include <dirent.h>
#include <pthread.h>
#include <sys/mman.h>
#include <sys/resource.h>

static pthread_barrier_t barrier;

static void start_thread(void *(*body)(void *), void *arg)
{
	pthread_t thread;

	if ((errno = pthread_create(&thread, NULL, body, arg)))
		die("pthread_create");
}

static void *idle(void *arg)
{
	(void)arg;
	hold();
}

// T03: an exec by a thread that is not the leader ends the leader and the others.
static void *exec_here(void *arg)
{
	char *argv[] = { self_path, "T03-image", NULL };
	char *env[] = { "PN_ROLE=execer", "PN_CODE=3", NULL };

	(void)arg;
	say_note("exec_tid", syscall(SYS_gettid));
	execve(self_path, argv, env);
	die("execve");
}

static void execer(void *arg)
{
	(void)arg;
	start_thread(idle, NULL);
	start_thread(idle, NULL);
	start_thread(exec_here, NULL);
	hold();
}

static void t03(int argc, char **argv)
{
	(void)argc, (void)argv;
	reap("execer", must_spawn("execer", 0, execer, NULL));
}

// T04: the leader ends, a thread lives on for so many milliseconds and says 7.
static void *outlive(void *ms)
{
	char state[1024];

	do { // until the leader is a zombie
		usleep(1000);
		slurp("/proc/self/stat", state, sizeof(state));
	} while (strrchr(state, ')')[2] != 'Z');
	say("self", "survivor");
	usleep(1000 * *(int *)ms);
	_exit(7);
}

static void headless(void *ms)
{
	start_thread(outlive, ms);
	pthread_exit(NULL);
}

static void t04(int argc, char **argv)
{
	int ms = argc > 0 ? atoi(argv[0]) : 200;

	reap("headless", must_spawn("headless", 0, headless, &ms));
}

// T05: four threads leave by SYS_exit at the same moment, none by exit_group.
static void *leave(void *arg)
{
	pthread_barrier_wait(&barrier);
	syscall(SYS_exit, (int)(intptr_t)arg);
	return NULL;
}

static void racer(void *arg)
{
	(void)arg;
	pthread_barrier_init(&barrier, NULL, 4);
	for (intptr_t i = 1; i < 4; i++)
		start_thread(leave, (void *)(10 + i));
	leave((void *)10);
}

static void t05(int argc, char **argv)
{
	int times = argc > 0 ? atoi(argv[0]) : 100;
	char role[32];

	for (int i = 0; i < times; i++) {
		snprintf(role, sizeof(role), "racer-%d", i);
		reap(role, must_spawn(role, 0, racer, NULL));
	}
}

// T06: a thread that is not the leader faults, with core dumps on.
static void *fault(void *arg)
{
	volatile uintptr_t nowhere = 16;

	pthread_barrier_wait(&barrier);
	*(volatile int *)nowhere = 1;
	return arg;
}

static void faulty(void *arg)
{
	struct rlimit all = { RLIM_INFINITY, RLIM_INFINITY };

	(void)arg;
	if (setrlimit(RLIMIT_CORE, &all))
		die("setrlimit");
	pthread_barrier_init(&barrier, NULL, 2);
	start_thread(idle, NULL);
	start_thread(fault, NULL);
	pthread_barrier_wait(&barrier);
	hold();
}

static void t06(int argc, char **argv)
{
	(void)argc, (void)argv;
	reap("faulty", must_spawn("faulty", 0, faulty, NULL));
}

// T14: a child asks for a signal at its parent's death and gets it when the thread
// that made it ends, though the process lives on.
static struct latch ready;
static pid_t mourner_pid;

static void mourner(void *arg)
{
	(void)arg;
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	release(&ready);
	hold();
}

static void *short_lived(void *arg)
{
	mourner_pid = must_spawn("mourner", 0, mourner, NULL);
	await(&ready, 1);
	return arg;
}

static void survivor(void *arg)
{
	pthread_t thread;

	(void)arg;
	ready = latch();
	if ((errno = pthread_create(&thread, NULL, short_lived, NULL)))
		die("pthread_create");
	pthread_join(thread, NULL);
	reap("mourner", mourner_pid);
	_exit(0);
}

static void t14(int argc, char **argv)
{
	(void)argc, (void)argv;
	reap("survivor", must_spawn("survivor", 0, survivor, NULL));
}

// T17: an io_uring request that must not run inline makes a kernel worker, which
// is a thread of the process without ever being forked.
static long workers(void)
{
	DIR *tasks = opendir("/proc/self/task");
	char path[300], comm[32];
	long n = 0;

	for (struct dirent *e; tasks && (e = readdir(tasks));) {
		snprintf(path, sizeof(path), "/proc/self/task/%s/comm", e->d_name);
		if (e->d_name[0] == '.')
			continue;
		slurp(path, comm, sizeof(comm));
		n += !strncmp(comm, "iou-wrk", 7);
	}
	closedir(tasks);
	return n;
}

static void ring_user(void *arg)
{
	struct io_uring_params p = { 0 };
	int ring = syscall(SYS_io_uring_setup, 4, &p);

	(void)arg;
	if (ring < 0) {
		say_error("ring-user", "io_uring_setup");
		_exit(5);
	}
	char *sq = mmap(NULL, p.sq_off.array + p.sq_entries * sizeof(uint32_t), PROT_READ | PROT_WRITE,
			MAP_SHARED | MAP_POPULATE, ring, IORING_OFF_SQ_RING);
	struct io_uring_sqe *sqe = mmap(NULL, p.sq_entries * sizeof(*sqe), PROT_READ | PROT_WRITE,
					MAP_SHARED | MAP_POPULATE, ring, IORING_OFF_SQES);
	if (sq == MAP_FAILED || sqe == MAP_FAILED)
		die("mmap");
	*sqe = (struct io_uring_sqe){ .opcode = IORING_OP_NOP, .flags = IOSQE_ASYNC };
	((uint32_t *)(sq + p.sq_off.array))[0] = 0;
	__atomic_store_n((uint32_t *)(sq + p.sq_off.tail), 1, __ATOMIC_RELEASE);
	if (syscall(SYS_io_uring_enter, ring, 1, 1, IORING_ENTER_GETEVENTS, NULL, 0) != 1)
		die("io_uring_enter");
	say_note("workers", workers());
	_exit(5);
}

static void t17(int argc, char **argv)
{
	(void)argc, (void)argv;
	reap("ring-user", must_spawn("ring-user", 0, ring_user, NULL));
}

int main(int argc, char **argv)
{
	static const struct scenario all[] = {
		{ "T03", t03 }, { "T04", t04 }, { "T05", t05 }, { "T06", t06 },
		{ "T14", t14 }, { "T17", t17 }, { 0 },
	};

	if (getenv("PN_ROLE"))
		after_exec(argc, argv);
	return helper_main(argc, argv, all);
}
