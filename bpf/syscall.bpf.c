// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only

//go:build ignore

/*
 * The clone family and its like at system-call level: what failed and with which
 * errno, and who asked for which namespace. Attached only when asked for: any
 * system-call tracepoint puts every system call of every process on the slow
 * path, and these two programs then run for each.
 *
 * Why sys_enter and sys_exit and not the tracepoint of each call: those can be
 * attached only where tracefs is mounted.
 */
#if defined(__TARGET_ARCH_x86)
#define NR_CLONE 56
#define NR_FORK 57
#define NR_VFORK 58
#define NR_PIVOT_ROOT 155
#define NR_PRCTL 157
#define NR_UNSHARE 272
#define NR_SETNS 308
#define NR_CLONE3 435
#elif defined(__TARGET_ARCH_arm64)
#define NR_PIVOT_ROOT 41
#define NR_UNSHARE 97
#define NR_PRCTL 167
#define NR_CLONE 220
#define NR_SETNS 268
#define NR_CLONE3 435
#else
#error "the numbers of the system calls are not known for this architecture"
#endif

static __always_inline __u32 call_of(long nr)
{
	switch (nr) {
	case NR_CLONE:
		return CALL_CLONE;
	case NR_CLONE3:
		return CALL_CLONE3;
#ifdef NR_FORK
	case NR_FORK:
		return CALL_FORK;
	case NR_VFORK:
		return CALL_VFORK;
#endif
	case NR_UNSHARE:
		return CALL_UNSHARE;
	case NR_SETNS:
		return CALL_SETNS;
	case NR_PRCTL:
		return CALL_PRCTL;
	case NR_PIVOT_ROOT:
		return CALL_PIVOT_ROOT;
	}
	return 0;
}

struct pending_call {
	__u64 time;
	__u64 args[3];
};

struct {
	/* Least recently used ones go: who is killed in a call never leaves it. */
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 1 << 14);
	__type(key, __u64); /* thread group and thread */
	__type(value, struct pending_call);
} calls SEC(".maps");

#define PR_SET_CHILD_SUBREAPER 36

SEC("tp_btf/sys_enter")
int BPF_PROG(sys_enter, struct pt_regs *regs, long nr)
{
	__u32 call = call_of(nr);
	struct pending_call p = {};
	__u64 id;

	if (!call || in_compat_syscall())
		return 0;
	read_args(p.args, regs);
	if (call == CALL_PRCTL && p.args[0] != PR_SET_CHILD_SUBREAPER)
		return 0;
	id = bpf_get_current_pid_tgid();
	p.time = bpf_ktime_get_boot_ns();
	bpf_map_update_elem(&calls, &id, &p, BPF_ANY);
	return 0;
}

static __always_inline void fill_call(struct syscall_rec *rec, struct pending_call *p)
{
	__u64 flags = 0;

	switch (rec->call) {
	case CALL_CLONE:
	case CALL_UNSHARE:
		rec->flags = p->args[0];
		break;
	case CALL_CLONE3: /* struct clone_args begins with the flags */
		bpf_probe_read_user(&flags, sizeof(flags), (void *)p->args[0]);
		rec->flags = flags;
		break;
	case CALL_SETNS:
		rec->fd = p->args[0];
		rec->flags = p->args[1];
		break;
	case CALL_PRCTL:
		rec->arg = p->args[1];
		break;
	case CALL_PIVOT_ROOT:
		bpf_probe_read_user_str(rec->new_root, sizeof(rec->new_root), (void *)p->args[0]);
		bpf_probe_read_user_str(rec->put_old, sizeof(rec->put_old), (void *)p->args[1]);
		break;
	}
}

SEC("tp_btf/sys_exit")
int BPF_PROG(sys_exit, struct pt_regs *regs, long ret)
{
	struct task_struct *cur = PLAIN(task_struct, bpf_get_current_task_btf());
	WITH_LEVELS(syscall_rec, LEVELS_MAX) *rec;
	__u32 call = call_of(nr_of(regs));
	struct pending_call p, *found;
	__u64 id;

	if (!call)
		return 0;
	/* A child returns from its parent's call, too, and has no entry of its own. */
	id = bpf_get_current_pid_tgid();
	found = bpf_map_lookup_elem(&calls, &id);
	if (!found)
		return 0;
	p = *found;
	bpf_map_delete_elem(&calls, &id);
	/* A clone that went well has its fork event. */
	if (call <= CALL_VFORK && ret >= 0)
		return 0;
	if (left_out(cur, REC_SYSCALL))
		return 0;
	rec = reserve(REC_SYSCALL, sizeof(*rec));
	if (!rec)
		return 0;
	__builtin_memset(&rec->head, 0, sizeof(rec->head));
	fill_hdr(&rec->head.hdr, REC_SYSCALL, level_count(cur));
	fill_core(&rec->head.task, cur);
	rec->head.call = call;
	rec->head.ret = ret;
	rec->head.duration = rec->head.hdr.time - p.time;
	fill_call(&rec->head, &p);
	fill_levels(rec->levels, cur->group_leader->thread_pid, rec->head.hdr.levels, LEVELS_MAX);
	submit(rec, sizeof(*rec));
	return 0;
}
