/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The path of an open file as /proc/PID/exe shows it. bpf_d_path is refused to
 * tracepoint programs, so the dentries are walked here, from the leaf upwards
 * and through mount points, as prepend_path (fs/d_path.c) does.
 */
#ifndef PTRACE_NS_PATH_H
#define PTRACE_NS_PATH_H

#define OFF_MASK 0x1fff

struct path_walk {
	__u8 *out;
	__u32 room;  /* of out */
	__u32 bound; /* of one name, with its NUL; room and bound are constants */
	__u32 depth;
	__u32 off;
	__u8 flags; /* enum exec_flag */
};

/* Appends one name; false when it does not fit. */
static __always_inline bool add_name(struct path_walk *w, const unsigned char *name)
{
	long len;

	if (w->off > w->room - w->bound)
		return false;
	len = bpf_probe_read_kernel_str(w->out + w->off, w->bound, name);
	if (len <= 0 || len >= w->bound)
		return false;
	/* The mask changes nothing but what the verifier knows: it forgets the lower
	 * bound, so that the ways into one turn of the loop look the same to it. */
	w->off += len;
	barrier_var(w->off);
	w->off &= OFF_MASK;
	return true;
}

/*
 * Fills w from the file; false when it did not fit. By probe reads, because what
 * leads from a mount to the one above is no BTF pointer.
 */
static __always_inline bool walk_path(struct path_walk *w, struct file *file)
{
	struct vfsmount *vmnt = BPF_CORE_READ(file, f_path.mnt);
	struct dentry *dentry = BPF_CORE_READ(file, f_path.dentry);
	struct dentry *parent = BPF_CORE_READ(dentry, d_parent);
	struct dentry *root = BPF_CORE_READ(vmnt, mnt_root);
	struct mount *mnt = (void *)vmnt - bpf_core_field_offset(struct mount, mnt);

	if (!dentry) {
		w->flags |= EXE_CUT;
		return true;
	}
	if (dentry != root && dentry == parent) {
		/* No place in any tree: memfd and other files by simple_dname. */
		w->flags |= EXE_PSEUDO;
		return add_name(w, BPF_CORE_READ(dentry, d_name.name));
	}
	if (!BPF_CORE_READ(dentry, d_hash.pprev))
		w->flags |= EXE_DELETED;
	w->off = *(volatile __u32 *)&unknown_zero & OFF_MASK;
	for (__u32 i = 0; i < w->depth; i++) {
		if (dentry == root || dentry == parent) {
			struct mount *up = BPF_CORE_READ(mnt, mnt_parent);

			if (up == mnt)
				return true;
			dentry = BPF_CORE_READ(mnt, mnt_mountpoint);
			mnt = up;
			root = BPF_CORE_READ(mnt, mnt.mnt_root);
		} else {
			if (!add_name(w, BPF_CORE_READ(dentry, d_name.name)))
				return false;
			dentry = parent;
		}
		parent = BPF_CORE_READ(dentry, d_parent);
	}
	w->flags |= EXE_CUT;
	return false;
}

#endif
