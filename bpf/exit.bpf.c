// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only

//go:build ignore

/* Ancestors looked at for a subreaper; beyond it the reaper is not known. */
#define ANCESTORS_MAX 1024

/* Numbers, not pointers, since the callback below is verified by itself. */
struct walk {
	__u64 task;
	struct task_ref found;
	__u32 level;
	__u32 cut;
};

static __always_inline void fill_ref_probed(struct task_ref *ref, struct task_struct *task)
{
	ref->start = BPF_CORE_READ(task, group_leader, start_boottime);
	ref->tgid = BPF_CORE_READ(task, tgid);
	ref->tid = BPF_CORE_READ(task, pid);
	bpf_probe_read_kernel(ref->comm, sizeof(ref->comm), task->comm);
}

static long walk_ancestor(__u32 i, struct walk *w)
{
	struct task_struct *task = (void *)w->task;
	struct signal_struct *sig;

	/* The idle task is where the kernel's walk ends. */
	w->cut = 0;
	if (!BPF_CORE_READ(task, pid) || BPF_CORE_READ(task, thread_pid, level) != w->level)
		return 1;
	sig = BPF_CORE_READ(task, signal);
	if (subreaper_at((__u64)sig) &&
	    (!(BPF_CORE_READ(task, flags) & PF_EXITING) || BPF_CORE_READ(sig, live.counter) > 0)) {
		fill_ref_probed(&w->found, task);
		return 1;
	}
	w->task = (__u64)BPF_CORE_READ(task, real_parent);
	w->cut = 1;
	return 0;
}

/*
 * Who gets the children of a process whose last thread is ending, by the rule of
 * find_new_reaper (kernel/exit.c): no thread of its own is left, so the nearest
 * subreaper at the same PID-namespace level that has a thread not yet exiting,
 * else the child reaper of its own namespace. It is a prediction: the kernel
 * decides a little later, with tasklist_lock held.
 *
 * Both candidates are told and userspace takes the first: Linux 6.1's verifier
 * does not know that the callback changes w, and deletes branches on it.
 */
static __always_inline void fill_reaper(struct exit_rec *rec, struct task_struct *father)
{
	struct task_struct *init = READ(pid_namespace, own_pidns(father), child_reaper);
	struct walk w = {
		.task = (__u64)father->real_parent,
		.level = father->thread_pid->level,
	};

	if (has_child_subreaper(father->signal))
		bpf_loop(ANCESTORS_MAX, walk_ancestor, &w, 0);
	rec->subreaper = w.found;
	rec->walk_cut = w.cut;
	/* A PID 1 leaves no children behind: zap_pid_ns_processes waits for all. */
	if (READ(task_struct, init, tgid) != father->tgid) {
		if (bpf_rdonly_cast)
			fill_ref(&rec->init, PLAIN(task_struct, init));
		else
			fill_ref_probed(&rec->init, init);
	}
}

/* The group's status as wait(2) will give it (wait_task_zombie), not the
 * thread's: in a core dump or a group exit those differ. */
static __always_inline __u32 group_code(struct task_struct *task)
{
	if (task->signal->flags & SIGNAL_GROUP_EXIT)
		return task->signal->group_exit_code;
	return task->group_leader->exit_code;
}

/*
 * Whether the status is that of a last thread which seccomp ended. In strict mode
 * it calls do_exit(SIGKILL) (kernel/seccomp.c: __secure_computing_strict), and no
 * signal is sent. SIGNAL_GROUP_EXIT says nothing here: since 6.0 the last thread
 * sets it in do_exit.
 */
static __always_inline bool seccomp_ended(struct task_struct *task, __u32 code)
{
	return seccomp_dead(task) && task->exit_code == code;
}

static __always_inline int record_exit(struct task_struct *task, __u8 dead)
{
	WITH_LEVELS(exit_rec, NEAR_LEVELS) rec = {};
	__u8 kind = dead ? REC_EXIT : REC_THREAD_EXIT;

	if (!dead && !want_threads)
		return 0;
	task = PLAIN(task_struct, task);
	if (left_out(task, kind))
		return 0;
	fill_core(&rec.head.task, task);
	rec.head.group_dead = dead;
	if (dead) {
		/* The last thread may have a name of its own. */
		copy_comm(rec.head.task.comm, task->group_leader);
		rec.head.code = group_code(task);
		rec.head.seccomp = seccomp_ended(task, rec.head.code);
		rec.head.threads_born = forget_threads(task);
		fill_reaper(&rec.head, task);
	} else {
		rec.head.code = task->exit_code;
	}
	EMIT(exit_rec, rec, task, kind, level_count(task));
	return 0;
}

/*
 * Why sched_process_exit: it is raised once a thread, when namespaces, cgroups
 * and pids can still be read. Kernels from 6.16 say which thread was the group's
 * last; reading that second argument on older ones fails verification, so there
 * are two programs, and BTF chooses.
 */
SEC("tp_btf/sched_process_exit")
int BPF_PROG(sched_process_exit, struct task_struct *task, bool group_dead)
{
	return record_exit(task, group_dead);
}

/* Before 6.16. Two threads that end together may both find live == 0, so the
 * reader takes the first exit of an identity and drops the rest. */
SEC("tp_btf/sched_process_exit")
int BPF_PROG(sched_process_exit_old, struct task_struct *task)
{
	return record_exit(task, task->signal->live.counter == 0 ? 2 : 0);
}
