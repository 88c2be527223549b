// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only

//go:build ignore

/* One reader at a time and one record: no other program or CPU writes here. */
static WITH_LEVELS(snapshot_rec, LEVELS_MAX) snapshot_buf;

static __noinline void record_task(struct seq_file *seq, struct task_struct *task)
{
	struct snapshot_rec *rec = &snapshot_buf.head;
	__u32 n;

	if (task->pid == 0 || task->pid != task->tgid)
		return;
	/* Released already: it has no pid, and its exit was told. */
	if (!task->thread_pid)
		return;
	if (want_follow)
		mark(task, PART_CONTEXT);
	n = level_count(task);
	fill_hdr(&rec->hdr, REC_SNAPSHOT, n);
	fill_core(&rec->task, task);
	fill_full(&rec->full, task);
	rec->threads = task->signal->nr_threads;
	rec->exit_code = group_code(task);
	fill_job(&rec->job, task);
	fill_levels(snapshot_buf.levels, task->thread_pid, n, LEVELS_MAX);
	bpf_seq_write(seq, &snapshot_buf, sizeof(*rec) + n * sizeof(struct pid_level));
}

/*
 * The PID 1 of the initial namespace, for the first object of a pass: a 6.18 was
 * seen that lists neither it nor its threads. Where it is listed it comes first,
 * and is not told twice.
 */
static __always_inline void record_init(struct bpf_iter__task *ctx, struct task_struct *first)
{
	struct task_struct *cur = bpf_get_current_task_btf();
	struct task_struct *init;

	if (ctx->meta->seq_num != 0 || cur->thread_pid->level != 0)
		return;
	init = cur->thread_pid->numbers[0].ns->child_reaper->group_leader;
	if (init->tgid != first->tgid)
		record_task(ctx->meta->seq, init);
}

SEC("iter/task")
int snapshot(struct bpf_iter__task *ctx)
{
	struct task_struct *task = PLAIN(task_struct, ctx->task);

	if (!task)
		return 0;
	record_init(ctx, task);
	record_task(ctx->meta->seq, task);
	return 0;
}
