//go:build ignore

/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */

/*
 * The clone family and its like at system-call level: what failed and with which
 * errno, and who asked for which namespace. Attached only when asked for: any
 * system-call tracepoint puts every system call of every process on the slow
 * path. The per-call tracepoints are used, not raw sys_enter and sys_exit, which
 * would run a program for each call of the machine; their context is part of the
 * user ABI (events/syscalls/…/format).
 */
struct sys_enter_ctx {
	__u64 common;
	__s64 nr;
	__u64 args[6];
};

struct sys_exit_ctx {
	__u64 common;
	__s64 nr;
	__s64 ret;
};

struct pending_call {
	__u64 time;
	__u64 args[3];
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1 << 16);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, __u64); /* thread group and thread */
	__type(value, struct pending_call);
} calls SEC(".maps");

#define PR_SET_CHILD_SUBREAPER 36

static __always_inline int enter_call(struct sys_enter_ctx *ctx, __u32 call)
{
	struct pending_call p = {};
	__u64 id = bpf_get_current_pid_tgid();

	if (call == CALL_PRCTL && ctx->args[0] != PR_SET_CHILD_SUBREAPER)
		return 0;
	p.time = bpf_ktime_get_boot_ns();
	p.args[0] = ctx->args[0];
	p.args[1] = ctx->args[1];
	p.args[2] = ctx->args[2];
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

static __always_inline int exit_call(struct sys_exit_ctx *ctx, __u32 call)
{
	struct task_struct *cur = bpf_get_current_task_btf();
	__u64 id = bpf_get_current_pid_tgid();
	struct pending_call p, *found;
	WITH_LEVELS(syscall_rec, LEVELS_MAX) *rec;

	/* A child returns from its parent's call, too, and has no entry of its own. */
	found = bpf_map_lookup_elem(&calls, &id);
	if (!found)
		return 0;
	p = *found;
	bpf_map_delete_elem(&calls, &id);
	/* A clone that went well has its fork event. */
	if (call <= CALL_VFORK && ctx->ret >= 0)
		return 0;
	rec = reserve(REC_SYSCALL, sizeof(*rec));
	if (!rec)
		return 0;
	__builtin_memset(&rec->head, 0, sizeof(rec->head));
	fill_hdr(&rec->head.hdr, REC_SYSCALL, level_count(cur));
	fill_core(&rec->head.task, cur);
	rec->head.call = call;
	rec->head.ret = ctx->ret;
	rec->head.duration = rec->head.hdr.time - p.time;
	fill_call(&rec->head, &p);
	fill_levels(rec->levels, cur->thread_pid, rec->head.hdr.levels, LEVELS_MAX);
	submit(rec, sizeof(*rec));
	return 0;
}

#define CALL(name, call)                                          \
	SEC("tracepoint/syscalls/sys_enter_" #name)               \
	int enter_##name(struct sys_enter_ctx *ctx)               \
	{                                                         \
		return enter_call(ctx, call);                     \
	}                                                         \
	SEC("tracepoint/syscalls/sys_exit_" #name)                \
	int exit_##name(struct sys_exit_ctx *ctx)                 \
	{                                                         \
		return exit_call(ctx, call);                      \
	}

CALL(clone, CALL_CLONE)
CALL(clone3, CALL_CLONE3)
CALL(fork, CALL_FORK)
CALL(vfork, CALL_VFORK)
CALL(unshare, CALL_UNSHARE)
CALL(setns, CALL_SETNS)
CALL(prctl, CALL_PRCTL)
CALL(pivot_root, CALL_PIVOT_ROOT)
