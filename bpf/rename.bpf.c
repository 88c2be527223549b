// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only

//go:build ignore

/*
 * Raised by prctl, /proc/PID/comm and by every execve before its own event; an
 * execve that fails after the point of no return leaves only this and a SIGSEGV,
 * so those renames are told too, marked, and the reader forgets them at the exec.
 */
SEC("tp_btf/task_rename")
int BPF_PROG(task_rename, struct task_struct *task, const char *comm)
{
	WITH_LEVELS(rename_rec, NEAR_LEVELS) rec;

	/* A thread's own name is its own affair. */
	if (task->pid != task->tgid && !want_threads)
		return 0;
	task = PLAIN(task_struct, task);
	if (left_out(task, REC_RENAME))
		return 0;
	fill_core(&rec.head.task, task);
	__builtin_memset(rec.head.new_comm, 0, sizeof(rec.head.new_comm));
	bpf_probe_read_kernel_str(rec.head.new_comm, sizeof(rec.head.new_comm), comm);
	rec.head.in_exec = in_execve(task);
	rec.head.pad = 0;
	EMIT(rename_rec, rec, task, REC_RENAME, level_count(task));
	return 0;
}
