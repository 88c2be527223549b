// SPDX-License-Identifier: MIT
//
// What a process of pn-oracle is: its socket, its threads, its birth.
#ifndef ORACLE_H
#define ORACLE_H

#include "helper.h"
#include <stdbool.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <linux/futex.h>

int clone(int (*)(void *), void *, int, void *, ...);

#define STACK (64 << 10)
#define THREADS 8

enum job { IDLE, LEAVE, EXEC, EXIT_GROUP, TAKE_OVER };

// thread shares the leader's TLS: at any time one of them at most is not asleep.
struct thread {
	struct node *node;
	char *stack;
	int tid; // 0: there is none
	int job;
};

struct node {
	long id;
	int fd;
	int code;
	char path[256], tag[64];
	struct thread threads[THREADS];
};

static const char *address;

static void obey(struct node *me);

static void answer(struct node *me, long value)
{
	char line[64];
	int n = value < 0 ? snprintf(line, sizeof(line), "err %s", strerrorname_np(errno))
			  : snprintf(line, sizeof(line), "ok %ld", value);

	if (write(me->fd, line, n) != n)
		_exit(1);
}

static void hello(struct node *me)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	char line[64];

	strncpy(to.sun_path, address, sizeof(to.sun_path) - 1);
	me->fd = socket(AF_UNIX, SOCK_SEQPACKET, 0);
	if (me->fd < 0 || connect(me->fd, (struct sockaddr *)&to, sizeof(to)))
		die(address);
	alarm(2 * LIMIT_S);
	int n = snprintf(line, sizeof(line), "hello %ld %llu", me->id, start_ticks());
	if (write(me->fd, line, n) != n)
		die("hello");
}

// live is the whole life of a newborn; of the process that made it only the
// memory is inherited.
__attribute__((noreturn)) static void live(int inherited, long id)
{
	struct node me = { .id = id };

	close(inherited);
	hello(&me);
	obey(&me);
	_exit(0);
}

__attribute__((noreturn)) static void execute(struct node *me)
{
	char id[24], fd[24];
	char *argv[] = { me->path, (char *)address, id, fd, me->tag, NULL };
	char *env[] = { NULL };

	snprintf(id, sizeof(id), "%ld", me->id);
	snprintf(fd, sizeof(fd), "%d", me->fd);
	execve(me->path, argv, env);
	die(me->path);
}

static void futex(int *word, int op, int value)
{
	syscall(SYS_futex, word, op, value, NULL, NULL, 0);
}

static int thread_main(void *arg)
{
	struct thread *t = arg;

	while (__atomic_load_n(&t->job, __ATOMIC_ACQUIRE) == IDLE)
		futex(&t->job, FUTEX_WAIT, IDLE);
	switch (t->job) {
	case EXEC:
		execute(t->node);
	case EXIT_GROUP:
		_exit(t->node->code);
	case TAKE_OVER:
		answer(t->node, 0);
		obey(t->node);
		_exit(0);
	}
	syscall(SYS_exit, 0);
	return 0;
}

static struct thread *start(struct node *me)
{
	int flags = CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM |
		    CLONE_PARENT_SETTID | CLONE_CHILD_CLEARTID;
	struct thread *t = me->threads;

	while (t < me->threads + THREADS && t->tid)
		t++;
	if (t == me->threads + THREADS) {
		errno = EAGAIN;
		return NULL;
	}
	if (!t->stack)
		t->stack = mmap(NULL, STACK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (t->stack == MAP_FAILED)
		die("stack");
	t->node = me;
	t->job = IDLE;
	if (clone(thread_main, t->stack + STACK, flags, t, &t->tid, NULL, &t->tid) < 0) {
		t->tid = 0;
		return NULL;
	}
	return t;
}

static void order(struct thread *t, enum job job)
{
	__atomic_store_n(&t->job, job, __ATOMIC_RELEASE);
	futex(&t->job, FUTEX_WAKE, 1);
}

// stop ends the first thread that waits.
static int stop(struct node *me)
{
	for (struct thread *t = me->threads; t < me->threads + THREADS; t++) {
		int tid = t->tid;

		if (!tid || t->job != IDLE)
			continue;
		order(t, LEAVE);
		while ((tid = __atomic_load_n(&t->tid, __ATOMIC_ACQUIRE)))
			futex(&t->tid, FUTEX_WAIT, tid);
		return 0;
	}
	errno = ESRCH;
	return -1;
}

// through has a new thread do the job and never goes on itself.
static void through(struct node *me, enum job job)
{
	struct thread *t = start(me);

	if (!t) {
		answer(me, -1);
		return;
	}
	order(t, job);
	if (job == TAKE_OVER)
		syscall(SYS_exit, 0);
	hold();
}

#endif
