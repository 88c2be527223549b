// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only

//go:build ignore

/* Bytes copied from mm->arg_start at most, and whether the environment, which
 * lies right behind the arguments, belongs to them. */
const volatile __u32 max_blob = 32 << 10;
const volatile bool want_env = false;

/* Fills the strings; false when one does not fit. The pointers into bprm come as
 * numbers: the shapes below are global functions, verified once each, and those
 * take no kernel pointers. */
static __always_inline bool fill_strings(struct exec_rec *rec, __u8 shape, __u64 filename,
					 __u64 interp, __u8 *name_out, __u32 name_room,
					 __u8 *interp_out, __u32 interp_room, struct path_walk *w)
{
	struct task_struct *task = PLAIN(task_struct, bpf_get_current_task_btf());
	long len;

	rec->shape = shape;
	len = bpf_probe_read_kernel_str(name_out, name_room, (void *)filename);
	if (len == name_room && shape != EXEC_LARGE)
		return false;
	rec->filename_len = len > 0 ? len : 0;
	rec->filename_status = len <= 0 ? READ_FAILED : len == name_room ? READ_TRUNCATED : READ_COMPLETE;

	/* Only a script or a binfmt_misc format changed it. */
	rec->interp_len = 0;
	if (interp != filename) {
		len = bpf_probe_read_kernel_str(interp_out, interp_room, (void *)interp);
		if (len == interp_room && shape != EXEC_LARGE)
			return false;
		rec->interp_len = len > 0 ? len : 0;
	}

	if (!walk_path(w, task->mm->exe_file)) {
		if (shape != EXEC_LARGE)
			return false;
		w->flags |= EXE_CUT;
	}
	rec->exe_len = w->off;
	rec->exe_flags = w->flags;
	return true;
}

#define FILL_EXEC(SHAPE, TYPE, BOUND, DEPTH)                                               \
	__noinline int fill_##TYPE(struct TYPE *rec, __u64 filename, __u64 interp)         \
	{                                                                                  \
		struct task_struct *task = PLAIN(task_struct, bpf_get_current_task_btf()); \
		struct path_walk w = {};                                                   \
		__u32 n = level_count(task);                                               \
                                                                                           \
		if (!rec || n > sizeof(rec->levels) / sizeof(rec->levels[0]))              \
			return 0;                                                          \
		fill_levels(rec->levels, task->thread_pid, n,                              \
			    sizeof(rec->levels) / sizeof(rec->levels[0]));                 \
		w.out = rec->exe;                                                          \
		w.room = sizeof(rec->exe);                                                 \
		w.bound = BOUND;                                                           \
		w.depth = DEPTH;                                                           \
		if (!fill_strings(&rec->head, SHAPE, filename, interp, rec->filename,      \
				  sizeof(rec->filename), rec->interp, sizeof(rec->interp), \
				  &w))                                                     \
			return 0;                                                          \
		return 1;                                                                  \
	}

FILL_EXEC(EXEC_SMALL, exec_small, 32, 8)
FILL_EXEC(EXEC_MEDIUM, exec_medium, 128, 24)
FILL_EXEC(EXEC_LARGE, exec_large, 256, 64)

struct exec_blob {
	__u64 start;
	__u64 args_size;
	__u64 env_size;
	__u32 want; /* args and env, at most max_blob */
	__u32 old_tid;
};

/* Copies args and env behind the shape, in one go: right after an exec their
 * pages have just been written, so they are there. */
static __always_inline void copy_blob(struct exec_rec *rec, void *to, struct exec_blob *b, __u32 room)
{
	__u32 len = b->want;

	rec->args_size = b->args_size;
	rec->env_size = b->env_size;
	rec->old_tid = b->old_tid;
	rec->blob_len = 0;
	rec->blob_status = READ_FAILED;
	/* The compiler knows the answer from the shape's choice, and drops the question;
	 * Linux 6.1's verifier does not: it forgets the bounds of 32 bits on the stack. */
	barrier_var(len);
	if (len > room)
		len = room;
	if (bpf_probe_read_user(to, len, (void *)b->start) == 0) {
		rec->blob_len = len;
		rec->blob_status = len < b->args_size ? READ_TRUNCATED : READ_COMPLETE;
	}
}

#define RETRY 1

/* One attempt: reserve, fill, submit. A discarded try is not another record. */
#define TRY_EXEC(TYPE, ROOM)                                                                     \
	({                                                                                       \
		struct TYPE *__rec = reserve(REC_EXEC, sizeof(struct TYPE) + (ROOM));            \
		int __again = 0;                                                                 \
		if (__rec) {                                                                     \
			__rec->head = head;                                                              \
			copy_blob(&__rec->head, __rec + 1, &blob, ROOM);                         \
			if (fill_##TYPE(__rec, filename, interp)) {                              \
				submit(__rec, sizeof(struct TYPE) + (ROOM));                     \
			} else {                                                                 \
				bpf_ringbuf_discard(__rec, BPF_RB_NO_WAKEUP);                    \
				untry(REC_EXEC);                                                 \
				__again = RETRY;                                                 \
			}                                                                        \
		}                                                                                \
		__again;                                                                         \
	})

#define TRY_SHAPE(TYPE)                                                      \
	(blob.want <= 64     ? TRY_EXEC(TYPE, 64)                            \
	 : blob.want <= 128  ? TRY_EXEC(TYPE, 128)                           \
	 : blob.want <= 256  ? TRY_EXEC(TYPE, 256)                           \
	 : blob.want <= 512  ? TRY_EXEC(TYPE, 512)                           \
	 : blob.want <= 1024 ? TRY_EXEC(TYPE, 1024)                          \
	 : blob.want <= 4096 ? TRY_EXEC(TYPE, 4096)                          \
			     : TRY_EXEC(TYPE, max_blob))

/*
 * Why sched_process_exec: raised once for each execve that succeeds, after all
 * interpreters, with the new mm, credentials and name in place (fs/exec.c:
 * begin_new_exec, exec_binprm). What it cannot see is an execve that failed.
 */
SEC("tp_btf/sched_process_exec")
int BPF_PROG(sched_process_exec, struct task_struct *cur, int old_pid, struct linux_binprm *bprm)
{
	struct task_struct *task = PLAIN(task_struct, cur);
	struct mm_struct *mm = task->mm;
	__u64 filename = (__u64)BPF_CORE_READ(bprm, filename);
	__u64 interp = (__u64)BPF_CORE_READ(bprm, interp);
	struct exec_blob blob = {
		.start = mm->arg_start,
		.args_size = mm->arg_end - mm->arg_start,
		.old_tid = old_pid,
	};
	__u64 want = blob.args_size;
	struct exec_rec head = {};

	if (left_out(task, REC_EXEC))
		return 0;
	if (want_env && mm->env_start == mm->arg_end) {
		blob.env_size = mm->env_end - mm->env_start;
		want += blob.env_size;
	}
	blob.want = want > max_blob ? max_blob : want;
	fill_hdr(&head.hdr, REC_EXEC, level_count(task));
	fill_full(&head.full, task);
	fill_core(&head.task, task);

	forget_threads(task);

	if (TRY_SHAPE(exec_small) && TRY_SHAPE(exec_medium))
		TRY_SHAPE(exec_large);
	return 0;
}
