// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only

//go:build ignore

/* How many of a line of ancestors are shown that nobody has told of. */
#define SHOWN_ANCESTORS 16

static __always_inline void show(struct task_struct *task)
{
	WITH_LEVELS(shown_rec, LEVELS_MAX) *rec = reserve(REC_SHOWN, sizeof(*rec));
	__u32 n;

	/* At once, while the compiler still knows from reserve: Linux 6.1's verifier takes it
	 * that a record that was compared with NULL may be NULL when it is compared again. */
	if (!rec)
		return;
	n = level_count(task);
	fill_hdr(&rec->head.hdr, REC_SHOWN, n);
	fill_core(&rec->head.task, task);
	fill_full(&rec->head.full, task);
	fill_levels(rec->levels, task->group_leader->thread_pid, n, LEVELS_MAX);
	submit(rec, sizeof(*rec));
}

/* Shows the task and its ancestors up to one who was not born unseen. They are context
 * from then on. */
static __always_inline void show_line(struct task_struct *task)
{
#pragma clang loop unroll(disable)
	for (int i = 0; i < SHOWN_ANCESTORS; i++) {
		if (task->pid == 0 || part_of(task))
			return;
		mark(task, PART_CONTEXT);
		show(task);
		task = task->real_parent;
	}
}

/*
 * These are loaded only where some are followed, and attached before the programs that
 * record the same, so that who is shown comes first. Programs of their own, because the
 * others have no stack left for it.
 *
 * Who sends a signal to one who is followed is shown with his ancestors: an end names
 * them.
 */
SEC("tp_btf/signal_generate")
int BPF_PROG(show_sender, int sig, struct kernel_siginfo *info, struct task_struct *target)
{
	if (sig == SIGCHLD || following != FOLLOWING_ON || !(part_of(PLAIN(task_struct, target)) & PART_FOLLOWED))
		return 0;
	show_line(PLAIN(task_struct, bpf_get_current_task_btf()));
	return 0;
}

/*
 * Who makes a PID 1 as well, for who is followed may come into that namespace, be given
 * to that PID 1 and be killed in its name. And who comes from outside and has a child in
 * the namespace of one who is followed: unless he waits for it, that namespace does not
 * end. With CLONE_PARENT he is not the parent, but his own parent is.
 */
SEC("tp_btf/task_newtask")
int BPF_PROG(show_maker, struct task_struct *task, unsigned long clone_flags)
{
	struct task_struct *child = PLAIN(task_struct, task);

	if (clone_flags & CLONE_THREAD || following != FOLLOWING_ON || child->thread_pid->level == 0)
		return 0;
	if (part_in_ns(child))
		show_line(PLAIN(task_struct, bpf_get_current_task_btf()));
	return 0;
}

/*
 * Loaded only where some are followed. Why not sched_process_exit: signals are sent to
 * the dead as well, until somebody waits for them, and are told.
 */
SEC("tp_btf/sched_process_free")
int BPF_PROG(sched_process_free, struct task_struct *task)
{
	struct process_key key = { .start = task->start_boottime, .tgid = task->tgid };

	/* A leader whose thread executed has changed numbers with that one. Most have no
	 * mark, and to look for one takes no lock. */
	if (task->pid == task->tgid && bpf_map_lookup_elem(&parts, &key))
		bpf_map_delete_elem(&parts, &key);
	return 0;
}
