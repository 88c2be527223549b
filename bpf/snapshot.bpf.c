//go:build ignore

/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */

/* One reader at a time and one record: no other program or CPU writes here. */
static WITH_LEVELS(snapshot_rec, LEVELS_MAX) snapshot_buf;

SEC("iter/task")
int snapshot(struct bpf_iter__task *ctx)
{
	struct task_struct *task = ctx->task;
	struct snapshot_rec *rec = &snapshot_buf.head;
	__u32 n;

	if (!task || task->pid == 0 || task->pid != task->tgid)
		return 0;
	/* Released already: it has no pid, and its exit was told. */
	if (!task->thread_pid)
		return 0;
	n = level_count(task);
	fill_hdr(&rec->hdr, REC_SNAPSHOT, n);
	fill_core(&rec->task, task);
	fill_full(&rec->full, task);
	/* Dead is the thread group without a thread: not a leader that ended before
	 * the others, but also a PID 1 that still waits for its namespace to empty. */
	if (task->signal->live.counter > 0)
		rec->task.flags &= ~TASK_ZOMBIE;
	else
		rec->task.flags |= TASK_ZOMBIE;
	rec->threads = task->signal->nr_threads;
	rec->exit_code = group_code(task);
	fill_levels(snapshot_buf.levels, task->thread_pid, n, LEVELS_MAX);
	bpf_seq_write(ctx->meta->seq, &snapshot_buf, sizeof(*rec) + n * sizeof(struct pid_level));
	return 0;
}
