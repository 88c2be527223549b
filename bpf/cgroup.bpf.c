// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only

//go:build ignore

/* The hierarchies that fill_cgroup looks at. A docker exec attaches once in each
 * of ten v1 hierarchies: the others say nothing new. */
static __always_inline bool told_hierarchy(struct cgroup *cgrp)
{
	__u32 id = cgrp->root->hierarchy_id;

	return id == 0 || (v1_subsys >= 0 && id == v1_hierarchy);
}

/* After the migration, so that the task already shows its new cgroup; raised for
 * the leader alone when the whole group moves. Not raised for CLONE_INTO_CGROUP. */
SEC("tp_btf/cgroup_attach_task")
int BPF_PROG(cgroup_attach_task, struct cgroup *cgrp, const char *path, struct task_struct *task,
	     bool threadgroup)
{
	WITH_LEVELS(attach_rec, NEAR_LEVELS) rec;

	cgrp = PLAIN(cgroup, cgrp);
	task = PLAIN(task_struct, task);
	if (!told_hierarchy(cgrp))
		return 0;
	if (left_out(task, REC_CGROUP_ATTACH))
		return 0;
	fill_full(&rec.head.full, task);
	fill_core(&rec.head.task, task);
	EMIT(attach_rec, rec, task, REC_CGROUP_ATTACH, level_count(task));
	return 0;
}

#define CGROUP_PATH_SMALL 128
#define CGROUP_PATH_MAX 1024 /* TRACE_CGROUP_PATH_LEN, include/linux/cgroup.h */

static __always_inline int record_cgroup(__u8 kind, struct cgroup *cgrp, const char *path)
{
	struct task_struct *cur = PLAIN(task_struct, bpf_get_current_task_btf());
	__u32 room = CGROUP_PATH_SMALL;
	struct cgroup_rec *rec;
	long len;

	cgrp = PLAIN(cgroup, cgrp);
	if (!told_hierarchy(cgrp))
		return 0;
	rec = reserve(kind, sizeof(*rec) + CGROUP_PATH_SMALL);
	if (!rec)
		return 0;
	len = bpf_probe_read_kernel_str(rec->path, CGROUP_PATH_SMALL, path);
	if (len == CGROUP_PATH_SMALL) {
		bpf_ringbuf_discard(rec, BPF_RB_NO_WAKEUP);
		untry(kind);
		rec = reserve(kind, sizeof(*rec) + CGROUP_PATH_MAX);
		if (!rec)
			return 0;
		room = CGROUP_PATH_MAX;
		len = bpf_probe_read_kernel_str(rec->path, CGROUP_PATH_MAX, path);
	}
	fill_hdr(&rec->hdr, kind, 0);
	fill_ref(&rec->maker, cur);
	rec->id = cgrp->kn->id;
	rec->hierarchy = cgrp->root->hierarchy_id;
	rec->path_len = len > 0 ? len : 0;
	/* The files of a container that lives for a moment are read now or never. */
	if (kind == REC_CGROUP_MKDIR)
		submit_urgent(rec);
	else
		submit(rec, sizeof(*rec) + room);
	return 0;
}

SEC("tp_btf/cgroup_mkdir")
int BPF_PROG(cgroup_mkdir, struct cgroup *cgrp, const char *path)
{
	return record_cgroup(REC_CGROUP_MKDIR, cgrp, path);
}

SEC("tp_btf/cgroup_rmdir")
int BPF_PROG(cgroup_rmdir, struct cgroup *cgrp, const char *path)
{
	return record_cgroup(REC_CGROUP_RMDIR, cgrp, path);
}
