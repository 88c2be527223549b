/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * What is asked of a signal where it is sent and where it is taken: how many of its number
 * wait, and whom its target is told of.
 */
#ifndef PTRACE_NS_SIGNAL_H
#define PTRACE_NS_SIGNAL_H

/* Signals whose default is to end the process (signal(7)): all but SIGCHLD,
 * SIGCONT, SIGSTOP, SIGTSTP, SIGTTIN, SIGTTOU, SIGURG and SIGWINCH. */
#define BIT(sig) (1ULL << ((sig) - 1))
#define ENDS_BY_DEFAULT (~(BIT(17) | BIT(18) | BIT(19) | BIT(20) | BIT(21) | BIT(22) | BIT(23) | BIT(28)))

/* Signals from here on wait each, and not once for all (include/linux/signal.h). */
#define REAL_TIME 32
/* How far a queue is looked through. */
#define NEAR_WAITING 8
/* No kernel stack is larger (THREAD_SIZE). */
#define STACK_MAX (64 << 10)

/* The lists of a thread's queue and its process's, NULL for one that is not to be counted;
 * for the verifier numbers, since global functions take no kernel pointers. */
struct queued {
	struct list_head *own, *shared;
};

/* How many signals of that number a list has, SIG_MANY when it is too long to tell. The count
 * starts from what the verifier does not know, so that all ways through a turn of the loop
 * look the same to it. */
static __always_inline __u32 count_list(struct list_head *head, int sig)
{
	struct list_head *at;
	__u32 n = unknown();

	if (!head)
		return 0;
	at = BPF_CORE_READ(head, next);
	for (int i = 0; i < NEAR_WAITING && at != head; i++) {
		if (BPF_CORE_READ((struct sigqueue *)at, info.si_signo) == sig)
			n++;
		n &= 0xff;
		at = BPF_CORE_READ(at, next);
	}
	if (at != head)
		return SIG_MANY;
	return n ?: 1; /* one that is in no list: LOSE_INFO */
}

/* Both counts, the process's in the second byte. A global function, to be verified once, and
 * called once: for a second call Linux 6.1 goes through sixty times as many instructions. */
__noinline int count_queued(struct queued *queues, int sig)
{
	__u32 own;

	if (!queues)
		return 0;
	own = count_list(queues->own, sig) + unknown();
	return own + (count_list(queues->shared, sig) << 8);
}

/* How many signals of that number wait, of which a standard one has one at most in a queue
 * (legacy_queue, kernel/signal.c). */
static __always_inline void fill_waiting(struct signal_rec *rec, int sig, struct task_struct *task)
{
	struct sigpending *own = &task->pending, *shared = &task->signal->shared_pending;
	struct queued queues = {};
	__u32 n;

	rec->own = !!(own->signal.sig[0] & BIT(sig));
	rec->shared = !!(shared->signal.sig[0] & BIT(sig));
	if (sig < REAL_TIME)
		return;
	if (rec->own)
		queues.own = &own->list;
	if (rec->shared)
		queues.shared = &shared->list;
	n = count_queued(&queues, sig);
	rec->own = n;
	rec->shared = n >> 8;
}

/* The process's number where the other one lives, 0 for none (task_tgid_nr_ns). */
static __always_inline __s32 number_for(struct task_struct *task, struct task_struct *other)
{
	struct pid *pid = task->group_leader->thread_pid;
	__u32 level = other->thread_pid->level;
	struct pid_namespace *ns = NULL;
	__s32 nr = 0;
	void *upid;

	if (level >= LEVELS_MAX || level > pid->level)
		return 0;
	upid = (void *)&pid->numbers[0] + level * bpf_core_type_size(struct upid);
	bpf_probe_read_kernel(&ns, sizeof(ns), upid + bpf_core_field_offset(struct upid, ns));
	if (ns != own_pidns(other))
		return 0;
	bpf_probe_read_kernel(&nr, sizeof(nr), upid + bpf_core_field_offset(struct upid, nr));
	return nr;
}

/* si_pid, where it is the number of a process that sends. */
static __always_inline __s32 read_si_pid(int code, struct kernel_siginfo *info)
{
	if (code != SI_USER && code != SI_QUEUE && code != SI_TKILL)
		return 0;
	return BPF_CORE_READ(info, _sifields._kill._pid);
}

/*
 * Whether a process says what it likes in a signal's name, si_code included: a sigqueue is
 * under way, and info is on its stack. A timer's that goes off meanwhile is not.
 */
static __always_inline bool is_said(unsigned long info, struct task_struct *cur)
{
	return info - (unsigned long)cur->stack < STACK_MAX && in_sigqueue();
}

/*
 * What its target is told of the signal, as __send_signal_locked (kernel/signal.c) has it:
 * by that it is known again when it is taken. Returns whether that tells its sender from
 * all others, or that the kernel is: not a sender in another PID namespace, whose number
 * is 0, nor one that says what it likes (sigqueue).
 */
static __always_inline bool fill_info(struct signal_rec *rec, unsigned long kind, struct kernel_siginfo *info,
				      struct task_struct *task, struct task_struct *cur)
{
	__s32 nr = number_for(cur, task);

	rec->code = SI_USER + unknown();
	rec->si_pid = nr + unknown();
	if (kind == 1) {
		rec->code = SI_KERNEL + unknown();
		rec->si_pid = unknown();
	} else if (kind > 1) {
		/* A probe read, because some 6.12 take info for a number, too. */
		rec->code = BPF_CORE_READ(info, si_code);
		rec->si_pid = read_si_pid(rec->code, info);
	}
	rec->flags = (is_said(kind, cur) ? SIG_SAID : 0) + unknown();
	if (rec->code == SI_USER || rec->code == SI_TKILL)
		return nr && rec->si_pid == nr;
	return !rec->flags;
}

#endif
