/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * What ps tells of a process besides who it is: process group and session,
 * terminal, state, CPU time. For snapshots only. All by probe reads: tty and the
 * pids of group and session may go while they are read, and what can be had then
 * is nothing.
 */
#ifndef PTRACE_NS_JOB_H
#define PTRACE_NS_JOB_H

/* Threads whose CPU time is added up; with more of them the sum is not known. */
#define JOB_THREADS_MAX (1 << 16)

/* enum pid_type (include/linux/pid.h, since 4.19). */
#define PIDTYPE_PGID 2
#define PIDTYPE_SID 3

/* Numbers, not pointers, since the callback below is verified by itself. */
struct cpu_walk {
	__u64 node;
	__u64 head;
	__u64 sum;
	__u32 cut;
};

static long add_thread(__u32 i, struct cpu_walk *w)
{
	struct task_struct *thread;

	w->cut = 0;
	if (!w->node || w->node == w->head)
		return 1;
	thread = (void *)w->node - bpf_core_field_offset(struct task_struct, thread_node);
	w->sum += BPF_CORE_READ(thread, se.sum_exec_runtime);
	w->node = (__u64)BPF_CORE_READ(thread, thread_node.next);
	w->cut = 1;
	return 0;
}

/*
 * The CPU time of all threads, those that have ended included, in nanoseconds: as
 * thread_group_cputime (kernel/sched/cputime.c) adds it up, for a running thread
 * as of its last tick. Linux 6.1's verifier does not know that the callback
 * changes w: cut goes into the record, and userspace branches on it.
 */
static __always_inline void fill_cpu(struct task_job *job, struct signal_struct *sig)
{
	struct cpu_walk w = {
		.node = (__u64)BPF_CORE_READ(sig, thread_head.next),
		.head = (__u64)&sig->thread_head,
		.sum = BPF_CORE_READ(sig, sum_sched_runtime),
	};

	bpf_loop(JOB_THREADS_MAX, add_thread, &w, 0);
	job->cpu_ns = w.sum;
	job->cpu_cut = w.cut;
}

/*
 * Who traces the leader: while ptrace is set, parent is the tracing thread, and
 * real_parent stays who it was (include/linux/ptrace.h: ptrace_parent). Of NULL all
 * reads fail, and give zero.
 */
static __always_inline void fill_ptracer(struct task_ref *ref, struct task_struct *task)
{
	struct task_struct *tracer = NULL;

	if (BPF_CORE_READ(task, ptrace))
		tracer = BPF_CORE_READ(task, parent);
	ref->start = BPF_CORE_READ(tracer, group_leader, start_boottime);
	ref->tgid = BPF_CORE_READ(tracer, tgid);
	ref->tid = BPF_CORE_READ(tracer, pid);
	BPF_CORE_READ_INTO(&ref->comm, tracer, group_leader, comm);
}

static __always_inline void fill_job(struct task_job *job, struct task_struct *task)
{
	struct signal_struct *sig = task->signal;
	struct tty_struct *tty = BPF_CORE_READ(sig, tty);

	job->pgid = BPF_CORE_READ(sig, pids[PIDTYPE_PGID], numbers[0].nr);
	job->sid = BPF_CORE_READ(sig, pids[PIDTYPE_SID], numbers[0].nr);
	job->tpgid = BPF_CORE_READ(tty, ctrl.pgrp, numbers[0].nr);
	bpf_probe_read_kernel(job->tty, sizeof(job->tty), tty->name);
	job->state = BPF_CORE_READ(task, __state) | BPF_CORE_READ(task, exit_state);
	job->static_prio = BPF_CORE_READ(task, static_prio);
	job->locked = BPF_CORE_READ(task, mm, locked_vm) != 0;
	fill_ptracer(&job->ptracer, task);
	fill_cpu(job, sig);
}

#endif
