/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Who is recorded where only some are followed: they, all that descends from them by
 * birth, and whoever the model needs to be right about them. What others do is counted
 * and left out. Without want_follow the verifier removes all of it.
 */
#ifndef PTRACE_NS_FOLLOW_H
#define PTRACE_NS_FOLLOW_H

const volatile bool want_follow = false;

/* enum follow_state: begun by the reader once it has marked who is there, and ended by
 * whoever finds no room for a mark: from then on all is recorded. */
__u32 following;

/* A process by its identity. An exec from a thread changes the leader's task, so no
 * per-task storage; a number alone may be another's by the time of a lookup. */
struct process_key {
	__u64 start;
	__u64 tgid;
};

/* All of it at once, since a program may be in no position to wait for memory: signals
 * are sent with interrupts off, and then each CPU has as few as four elements in store
 * (prefill_mem_cache, kernel/bpf/memalloc.c) for a whole line of ancestors. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1 << 17); /* userspace leaves room for one where nobody is followed */
	__type(key, struct process_key);
	__type(value, __u32); /* enum part */
} parts SEC(".maps");

static __always_inline struct process_key key_of(struct task_struct *task)
{
	return (struct process_key){
		.start = task->group_leader->start_boottime,
		.tgid = task->tgid,
	};
}

static __always_inline __u32 part_in(struct process_key key)
{
	__u32 *part = bpf_map_lookup_elem(&parts, &key);

	return part ? *part : 0;
}

static __always_inline __u32 part_of(struct task_struct *task)
{
	return part_in(key_of(task));
}

static __always_inline void mark(struct task_struct *task, __u32 part)
{
	struct process_key key = key_of(task);

	/* Somebody else may have marked it already. */
	if (bpf_map_update_elem(&parts, &key, &part, BPF_NOEXIST) && !bpf_map_lookup_elem(&parts, &key))
		following = FOLLOWING_ENDED;
}

/* Counts what is left out, by the kind that it would have been. */
static __always_inline void leave_out(__u32 kind)
{
	struct counters *c = counters();

	if (c)
		__sync_fetch_and_add(&c->filtered[kind & (KINDS_ROOM - 1)], 1);
}

/* Whether nothing is recorded of the task's process. */
static __always_inline bool is_other(struct task_struct *task)
{
	return want_follow && following == FOLLOWING_ON && !part_of(task);
}

static __always_inline bool left_out(struct task_struct *task, __u32 kind)
{
	if (!is_other(task))
		return false;
	leave_out(kind);
	return true;
}

/* What a process is that was just born in a child PID namespace and is not followed. */
static __always_inline __u32 part_in_ns(struct task_struct *task)
{
	struct pid_namespace *ns = own_pidns(task);
	struct task_struct *reaper = BPF_CORE_READ(ns, child_reaper);
	struct process_key key = {
		.start = BPF_CORE_READ(reaper, group_leader, start_boottime),
		.tgid = BPF_CORE_READ(reaper, tgid),
	};

	if (key.tgid == task->tgid)
		return PART_CONTEXT;
	return part_in(key) & (PART_FOLLOWED | PART_MEMBER) ? PART_MEMBER : 0;
}

/*
 * Gives a newborn process its part; whether it has none. Context are
 *
 * - whoever is there when following begins, for every ancestor of a followed process
 *   may be given its orphans;
 * - each PID 1 of a namespace, for the same reason, and because a container begins
 *   with it;
 * - the members of a namespace whose PID 1 is followed: with the last of them it ends.
 *
 * So a new parent is one of these or followed itself, and every record names its
 * subject's parent besides.
 */
static __always_inline bool born_left_out(struct task_struct *task, struct task_struct *creator)
{
	__u32 by, under, part = 0;

	if (!want_follow || following == FOLLOWING_ENDED)
		return false;
	by = part_of(creator);
	under = part_of(task->real_parent);
	if (by & (PART_FOLLOWED | PART_MAKER) || under & PART_FOLLOWED)
		part = PART_FOLLOWED;
	else if ((by | under) & PART_MEMBER)
		part = PART_MEMBER;
	else if (task->thread_pid->level > 0)
		part = part_in_ns(task);
	if (!part && following != FOLLOWING_ON)
		part = PART_CONTEXT;
	if (part) {
		mark(task, part);
		return false;
	}
	leave_out(REC_FORK);
	return true;
}

#endif
