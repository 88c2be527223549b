// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only

//go:build ignore

static __always_inline int record_oom(struct task_struct *task)
{
	WITH_LEVELS(oom_rec, NEAR_LEVELS) rec;

	task = PLAIN(task_struct, task);
	if (left_out(task, REC_OOM))
		return 0;
	fill_core(&rec.head.task, task);
	EMIT(oom_rec, rec, task, REC_OOM, level_count(task));
	return 0;
}

SEC("tp_btf/mark_victim")
int BPF_PROG(mark_victim, struct task_struct *task, unsigned int uid)
{
	return record_oom(task);
}

/* Older kernels give the PID alone (mm/oom_kill.c: the tracepoint took a task
 * with 72ba14deb40a "mm: update mark_victim tracepoints fields"). The reader
 * joins it with the process of that PID that is alive. */
SEC("tp_btf/mark_victim")
int BPF_PROG(mark_victim_old, int pid)
{
	struct oom_rec rec = {};

	fill_hdr(&rec.hdr, REC_OOM, 0);
	rec.task.tgid = pid;
	rec.task.tid = pid;
	output(REC_OOM, &rec, sizeof(rec));
	return 0;
}
