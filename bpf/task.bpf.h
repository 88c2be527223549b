/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * What is read of a task, by pointers that PLAIN gave. BTF pointers are followed
 * directly wherever the verifier lets them be: a load that faults gives 0 and costs a
 * nanosecond or two, a probe read some thirty, and lockdown=confidentiality refuses
 * the latter.
 */
#ifndef PTRACE_NS_TASK_H
#define PTRACE_NS_TASK_H

/* Index of the cgroup v1 controller to look at where the unified hierarchy does
 * not tell processes apart, and its hierarchy; -1 and 0 without one. */
const volatile __s32 v1_subsys = -1;
const volatile __u32 v1_hierarchy = 0;

#ifndef barrier_var
#define barrier_var(var) asm volatile("" : "+r"(var))
#endif

static __always_inline void fill_hdr(struct rec_hdr *hdr, __u8 kind, __u32 levels)
{
	hdr->time = bpf_ktime_get_boot_ns();
	hdr->drops = drops_total;
	hdr->cpu = bpf_get_smp_processor_id();
	hdr->kind = kind;
	hdr->levels = levels;
}

/* How many PID namespaces the task is in. thread_pid is set before task_newtask
 * and cleared after sched_process_exit. */
static __always_inline __u32 level_count(struct task_struct *task)
{
	__u32 n = task->thread_pid->level + 1;

	return n > LEVELS_MAX ? LEVELS_MAX : n;
}

/*
 * The task's own PID namespace: where its pid has the highest level. Never
 * nsproxy->pid_ns_for_children, which unshare and setns change for the children
 * alone. NULL when it cannot be read.
 */
static __always_inline struct pid_namespace *own_pidns(struct task_struct *task)
{
	struct pid *pid = task->thread_pid;
	struct pid_namespace *ns = NULL;
	__u32 level = pid->level;

	if (level == 0)
		return pid->numbers[0].ns;
	if (level >= LEVELS_MAX)
		return NULL;
	bpf_probe_read_kernel(&ns, sizeof(ns),
			      (void *)&pid->numbers[0].ns + level * bpf_core_type_size(struct upid));
	return ns;
}

static __always_inline void fill_ns(__u64 *id, __u32 *inum, struct pid_namespace *ns)
{
	struct ns_common___id *common;

	ns = PLAIN(pid_namespace, ns);
	common = (void *)&ns->ns;
	*id = 0;
	*inum = READ(pid_namespace, ns, ns.inum);
	if (!bpf_core_field_exists(common->ns_id))
		return;
	if (bpf_rdonly_cast)
		*id = common->ns_id;
	else
		bpf_probe_read_kernel(id, sizeof(*id), &common->ns_id);
}

/* What the callback below fills; the pid is a number, since it is verified by itself. */
struct chain {
	struct pid_level *out;
	__u64 pid;
	__u32 cap;
};

static long fill_level(__u32 i, struct chain *c)
{
	struct pid_namespace *ns = NULL;
	struct pid_level *out;
	void *upid;

	i++;
	barrier_var(i); /* or the compiler checks one copy of i and uses another */
	if (i >= c->cap)
		return 1;
	out = &c->out[i];
	upid = (void *)c->pid + bpf_core_field_offset(struct pid, numbers) + i * bpf_core_type_size(struct upid);
	bpf_probe_read_kernel(&out->nr, sizeof(out->nr), upid + bpf_core_field_offset(struct upid, nr));
	bpf_probe_read_kernel(&ns, sizeof(ns), upid + bpf_core_field_offset(struct upid, ns));
	fill_ns(&out->ns_id, &out->inum, ns);
	return 0;
}

/* Fills n of the cap levels and zeroes the rest. By bpf_loop, whose callback is verified
 * once: a loop was verified for each level, and was most of all verification. */
static __always_inline void fill_levels(struct pid_level *out, struct pid *pid, __u32 n, __u32 cap)
{
	struct chain c = { .out = out, .pid = (__u64)pid, .cap = cap };

	__builtin_memset(out, 0, cap * sizeof(*out));
	fill_ns(&out[0].ns_id, &out[0].inum, pid->numbers[0].ns);
	out[0].nr = pid->numbers[0].nr;
	if (n > 1)
		bpf_loop(n - 1, fill_level, &c, 0);
}

/* Two loads cost less than a probe read, also of a name that is just being changed. */
static __always_inline void copy_comm(__u8 *to, struct task_struct *task)
{
	const __u64 *from = (const void *)task->comm;

	((__u64 *)to)[0] = from[0];
	((__u64 *)to)[1] = from[1];
}

/* A PID 1 is nearly always number 1; its thread group is what counts. */
static __always_inline bool is_child_reaper(struct signal_struct *sig, struct pid_namespace *ns)
{
	return READ(pid_namespace, ns, child_reaper, signal) == sig;
}

/* 0, of which the verifier knows nothing. In a program that has functions, Linux 6.1's tells
 * apart all ways that lead to other constants; so flags are added to this, each at most once. */
static __always_inline __u32 unknown(void)
{
	return *(volatile __u32 *)&unknown_zero;
}

static __always_inline void fill_core(struct task_core *core, struct task_struct *task)
{
	struct task_struct *parent = task->real_parent;
	struct task_struct *leader = task->group_leader;
	struct signal_struct *sig = task->signal;
	__u32 flags = unknown();

	core->start = leader->start_boottime;
	core->pid_ino = pid_ino(leader->thread_pid);
	/* real_parent is the thread that forked; the process is its group. */
	core->parent_start = parent->group_leader->start_boottime;
	core->tgid = task->tgid;
	core->tid = task->pid;
	core->parent_tgid = parent->tgid;
	if (task->flags & PF_KTHREAD)
		flags += TASK_KTHREAD;
	/* Dead is the thread group without a thread: not a leader that ended before
	 * the others, but also a PID 1 that still waits for its namespace to empty. */
	if (sig->live.counter == 0)
		flags += TASK_ZOMBIE;
	if (is_child_subreaper(sig))
		flags += TASK_SUBREAPER;
	if (has_child_subreaper(sig))
		flags += TASK_UNDER_SUBREAPER;
	if (is_child_reaper(sig, own_pidns(task)))
		flags += TASK_NS_INIT;
	core->flags = flags;
	copy_comm(core->comm, task);
}

static __always_inline void fill_ref(struct task_ref *ref, struct task_struct *task)
{
	ref->start = task->group_leader->start_boottime;
	ref->tgid = task->tgid;
	ref->tid = task->pid;
	copy_comm(ref->comm, task);
}

/*
 * The unified hierarchy's cgroup; where the task sits at that hierarchy's root
 * (v1 and hybrid hosts), the chosen v1 controller's.
 */
static __always_inline void fill_cgroup(struct task_full *full, struct task_struct *task)
{
	struct cgroup *cgrp = task->cgroups->dfl_cgrp;

	if (v1_subsys >= 0 && cgrp->level == 0) {
		struct css_set *set = task->cgroups;
		struct cgroup_subsys_state *css = NULL;

		bpf_probe_read_kernel(&css, sizeof(css), (void *)&set->subsys[0] + v1_subsys * sizeof(void *));
		full->cgroup_id = BPF_CORE_READ(css, cgroup, kn, id);
		full->cgroup_hierarchy = v1_hierarchy;
		return;
	}
	full->cgroup_id = cgrp->kn->id;
	full->cgroup_hierarchy = 0;
}

static __always_inline void fill_full(struct task_full *full, struct task_struct *task)
{
	const struct cred *cred = task->cred;
	struct nsproxy *ns = task->nsproxy;
	struct user_namespace *user = cred->user_ns;

	copy_comm(full->parent_comm, task->real_parent->group_leader);
	full->uid = cred->euid.val;
	full->gid = cred->egid.val;
	full->ns_user = user->ns.inum;
	full->ns_pid_for_children = ns->pid_ns_for_children->ns.inum;
	full->ns_mnt = ns->mnt_ns->ns.inum;
	full->ns_net = ns->net_ns->ns.inum;
	full->ns_uts = ns->uts_ns->ns.inum;
	full->ns_ipc = ns->ipc_ns->ns.inum;
	full->ns_cgroup = ns->cgroup_ns->ns.inum;
	full->ns_time = bpf_core_field_exists(ns->time_ns) ? ns->time_ns->ns.inum : 0;
	fill_cgroup(full, task);
	full->pidns_owner = READ(pid_namespace, own_pidns(task), user_ns, ns.inum);
}

/* PID chains up to this depth are built on the stack; only the deeper ones, which
 * hardly exist, take room for the deepest. */
#define NEAR_LEVELS 8

/* A record's head with room for its chain. */
#define WITH_LEVELS(TYPE, N)                \
	struct {                            \
		struct TYPE head;           \
		struct pid_level levels[N]; \
	}

/* Adds the process's PID chain, the leader's whichever thread acts, to a finished
 * head and hands the record over. A thread is in its leader's PID namespaces, and a
 * leader keeps its pid as long as it has threads. The barrier keeps the compiler
 * from checking one copy of n and using another. */
#define EMIT(TYPE, rec, task, kind, n)                                                       \
	do {                                                                                 \
		__u32 __n = (n);                                                             \
		struct pid *__pid = (task)->group_leader->thread_pid;                        \
		fill_hdr(&(rec).head.hdr, kind, __n);                                        \
		barrier_var(__n);                                                            \
		if (__n <= NEAR_LEVELS) {                                                    \
			fill_levels((rec).levels, __pid, __n, NEAR_LEVELS);                  \
			barrier_var(__n);                                                    \
			if (__n > NEAR_LEVELS)                                               \
				break;                                                       \
			output(kind, &(rec), sizeof((rec).head) + __n * sizeof(struct pid_level)); \
		} else {                                                                     \
			WITH_LEVELS(TYPE, LEVELS_MAX) *__deep = reserve(kind, sizeof(*__deep)); \
			if (__deep) {                                                        \
				__deep->head = (rec).head;                                   \
				fill_levels(__deep->levels, __pid, __n, LEVELS_MAX);         \
				submit(__deep, sizeof(*__deep));                             \
			}                                                                    \
		}                                                                            \
	} while (0)

#endif
