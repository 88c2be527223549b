// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only

//go:build ignore

/* Tell threads too. */
const volatile bool want_threads = false;

/* The span of CLOCK_BOOTTIME in which births are counted by both programs below: a
 * fork under way while they are attached or detached is in neither count. */
__u64 count_from = ~0ULL;
__u64 count_until = ~0ULL;

static __always_inline bool counted(struct task_struct *task)
{
	return task->start_boottime >= count_from && task->start_boottime < count_until;
}

/* Threads made per process while traced and since its last exec. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1 << 17);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, struct process_key);
	__type(value, __u64);
} threads SEC(".maps");

static __always_inline void count_thread(struct task_struct *task)
{
	struct process_key key = key_of(task);
	__u64 *born = bpf_map_lookup_elem(&threads, &key);
	__u64 one = 1;

	if (born)
		__sync_fetch_and_add(born, 1);
	else if (bpf_map_update_elem(&threads, &key, &one, BPF_NOEXIST)) {
		/* Another thread of the group made the entry meanwhile. */
		born = bpf_map_lookup_elem(&threads, &key);
		if (born)
			__sync_fetch_and_add(born, 1);
	}
}

/* Ends the count, which is of one image: an exec leaves no thread but its own. */
static __always_inline __u32 forget_threads(struct task_struct *task)
{
	struct process_key key = key_of(task);
	__u64 *born = bpf_map_lookup_elem(&threads, &key);
	__u32 n;

	if (!born)
		return 0;
	n = *born;
	bpf_map_delete_elem(&threads, &key);
	return n;
}

/*
 * Why task_newtask and not its neighbour sched_process_fork: it alone is raised
 * for every task, io_uring workers and vhost tasks included
 * (kernel/fork.c: create_io_thread calls copy_process directly), and alone has
 * the clone flags. There is no failure after it: the event means that the task
 * exists. current is who called clone, which under CLONE_PARENT is not the
 * parent.
 */
SEC("tp_btf/task_newtask")
int BPF_PROG(task_newtask, struct task_struct *task, unsigned long clone_flags)
{
	struct task_struct *cur = bpf_get_current_task_btf();
	struct task_struct *creator = PLAIN(task_struct, cur);
	bool thread = clone_flags & CLONE_THREAD;
	__u8 kind = thread ? REC_THREAD_START : REC_FORK;
	WITH_LEVELS(fork_rec, NEAR_LEVELS) rec;

	if (task->pid == 0)
		return 0;
	if (thread) {
		if (!is_other(task))
			count_thread(task);
		if (!want_threads || left_out(task, kind))
			return 0;
	} else if (counted(task)) {
		struct counters *c = counters();

		if (c)
			__sync_fetch_and_add(&c->births_newtask, 1);
	}

	task = PLAIN(task_struct, task);
	if (!thread && born_left_out(task, creator))
		return 0;
	fill_full(&rec.head.full, task);
	fill_core(&rec.head.task, task);
	fill_ref(&rec.head.creator, creator);
	fill_ns(&rec.head.creator_ns_id, &rec.head.creator_ns_inum, own_pidns(creator));
	rec.head.creator_level = creator->thread_pid->level;
	rec.head.clone_flags = clone_flags;
	rec.head.exit_signal = task->exit_signal;
	rec.head.syscall_nr = clone_flags & CLONE_NEWPID ? syscall_nr(cur) : -1;
	EMIT(fork_rec, rec, task, kind, level_count(task));
	return 0;
}

/* The independent witness: counts process births from the other tracepoint, so
 * that the tool can prove at its end that it missed none. */
SEC("tp_btf/sched_process_fork")
int BPF_PROG(sched_process_fork, struct task_struct *parent, struct task_struct *child)
{
	struct counters *c;

	if (child->pid == 0 || child->pid != child->tgid || !counted(child))
		return 0;
	c = counters();
	if (c)
		__sync_fetch_and_add(&c->births_fork, 1);
	return 0;
}
