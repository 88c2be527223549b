/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The contract between the kernel half and userspace: what a record in the ring
 * looks like. Fixed-width fields, explicit padding; bpf2go makes the Go twins,
 * and a test pins every size and offset. Byte order is the machine's own: a
 * record never leaves it. Unless said otherwise a record is its struct and, right
 * behind it, hdr.levels entries of struct pid_level: the PID chain.
 */
#ifndef PTRACE_NS_EVENT_H
#define PTRACE_NS_EVENT_H

#pragma clang diagnostic push
#pragma clang diagnostic error "-Wpadded"

#define COMM_LEN 16
/* MAX_PID_NS_LEVEL (32) nested PID namespaces and the initial one. */
#define LEVELS_MAX 33

enum rec_kind {
	REC_FORK = 1,
	REC_EXEC,
	REC_EXIT,
	REC_SIGNAL,
	REC_RENAME,
	REC_CGROUP_ATTACH,
	REC_CGROUP_MKDIR,
	REC_CGROUP_RMDIR,
	REC_OOM,
	REC_THREAD_START,
	REC_THREAD_EXIT,
	REC_SYSCALL,
	REC_SNAPSHOT,
	REC_SHOWN,
	REC_KINDS,
};

enum task_flag {
	TASK_KTHREAD = 1 << 0,		 /* PF_KTHREAD */
	TASK_SUBREAPER = 1 << 1,	 /* signal_struct.is_child_subreaper */
	TASK_NS_INIT = 1 << 2,		 /* child reaper of its own PID namespace */
	TASK_ZOMBIE = 1 << 3,		 /* dead and not reaped yet */
	TASK_UNDER_SUBREAPER = 1 << 4,	 /* signal_struct.has_child_subreaper */
};

struct rec_hdr {
	__u64 time;  /* CLOCK_BOOTTIME, ns */
	__u32 drops; /* low half of the count of records dropped before this one */
	__u16 cpu;
	__u8 kind;   /* enum rec_kind */
	__u8 levels; /* entries in the PID chain */
};

/* A process by its identity, its parent and its name: in every record. */
struct task_core {
	__u64 start;	    /* group leader's start_boottime */
	__u64 pid_ino;	    /* struct pid's inode, 0 where the kernel has none */
	__u64 parent_start; /* real_parent's group leader's start_boottime */
	__u32 tgid;
	__u32 tid;
	__u32 parent_tgid; /* real_parent->tgid */
	__u32 flags;	   /* enum task_flag */
	__u8 comm[COMM_LEN];
};

/* The rest of what is known of it: on fork, exec, cgroup moves and snapshots. */
struct task_full {
	__u64 cgroup_id; /* kernfs id */
	__u32 cgroup_hierarchy;
	__u32 uid;
	__u32 gid;
	__u32 ns_pid_for_children;
	__u32 ns_mnt;
	__u32 ns_net;
	__u32 ns_uts;
	__u32 ns_ipc;
	__u32 ns_user;
	__u32 ns_cgroup;
	__u32 ns_time;
	__u32 pidns_owner; /* user namespace that owns the own PID namespace */
	__u8 parent_comm[COMM_LEN];
};

/* The PID at one level; index 0 is the initial namespace. */
struct pid_level {
	__u64 ns_id; /* ns_common.ns_id, 0 where the kernel has none */
	__u32 inum;
	__s32 nr;
};

/* Another process that had a part in it. */
struct task_ref {
	__u64 start;
	__u32 tgid;
	__u32 tid;
	__u8 comm[COMM_LEN];
};

struct fork_rec {
	struct rec_hdr hdr;
	struct task_core task;
	struct task_full full;
	struct task_ref creator;
	__u64 creator_ns_id;
	__u32 creator_ns_inum;
	__u32 creator_level;
	__u64 clone_flags;
	__s32 exit_signal;
	__s32 syscall_nr; /* -1 when not looked at */
};

/* How far a value could be read. */
enum read_status {
	READ_ABSENT,
	READ_COMPLETE,
	READ_TRUNCATED,
	READ_FAILED,
};

enum exec_flag {
	EXE_DELETED = 1 << 0, /* the dentry is unlinked */
	EXE_PSEUDO = 1 << 1,  /* no path at all: memfd and its like */
	EXE_CUT = 1 << 2,     /* deeper than the walk goes */
};

/*
 * An exec is the one record whose size is not known when its room is taken:
 * names are of any length, and the kernel wants the size as a constant. So there
 * are three shapes, tried from the smallest: a head, the PID chain, filename,
 * interpreter and the components of the executable's path from the leaf upwards
 * (each ended by NUL) at fixed places, and behind them the bytes copied from
 * mm->arg_start, in room of 64 bytes and its multiples by two.
 */
enum exec_shape { EXEC_SMALL, EXEC_MEDIUM, EXEC_LARGE };

struct exec_rec {
	struct rec_hdr hdr;
	struct task_core task;
	struct task_full full;
	__u64 args_size; /* true size of the argument vector */
	__u64 env_size;	 /* true size of the environment, 0 unless asked for */
	__u32 blob_len;	 /* bytes copied: arguments, then environment */
	__u32 old_tid;
	__u16 filename_len; /* with its NUL, like the next two */
	__u16 interp_len;
	__u16 exe_len;
	__u8 exe_flags; /* enum exec_flag */
	__u8 shape;	/* enum exec_shape */
	__u8 blob_status;
	__u8 filename_status;
	__u8 pad[6];
};

#define EXEC_SHAPE(name, LEVELS, FILENAME, INTERP, EXE) \
	struct name {                                   \
		struct exec_rec head;                   \
		struct pid_level levels[LEVELS];        \
		__u8 filename[FILENAME];                \
		__u8 interp[INTERP];                    \
		__u8 exe[EXE];                          \
	}

EXEC_SHAPE(exec_small, 2, 64, 8, 104);
EXEC_SHAPE(exec_medium, 8, 256, 128, 512);
EXEC_SHAPE(exec_large, LEVELS_MAX, 4096, 256, 4608);

/* Its children go to the subreaper where there is one, else to the init. */
struct exit_rec {
	struct rec_hdr hdr;
	struct task_core task;
	struct task_ref subreaper; /* the nearest at the same level; zero: none */
	struct task_ref init;	   /* child reaper of the own PID namespace; zero: itself */
	__u32 code;	    /* wait status of the thread group (or of the thread) */
	__u32 threads_born; /* while traced and since the last exec, leader not counted */
	__u32 walk_cut;	    /* more ancestors than the walk takes: reaper unknown */
	__u8 group_dead;    /* the tracepoint's own word; 2: inferred from live == 0 */
	__u8 seccomp;	    /* the last thread was ended by seccomp, with this code */
	__u8 pad[2];
};

enum signal_flag {
	SIG_GROUP = 1 << 0,	  /* to the thread group */
	SIG_PRIV = 1 << 1,	  /* info is SEND_SIG_PRIV */
	SIG_NOINFO = 1 << 2,	  /* info is SEND_SIG_NOINFO */
	SIG_ZAP = 1 << 3,	  /* sent by zap_pid_ns_processes */
	SIG_TARGET_INIT = 1 << 4, /* to the PID 1 of a child PID namespace */
	SIG_TARGET_OOM = 1 << 5,  /* SIGKILL by the OOM killer */
	SIG_PDEATH = 1 << 6,	  /* the target's parent-death signal, parent exiting */
	SIG_ASKED = 1 << 7,	  /* else recorded only for the exit that it may cause or explain */
	SIG_SENDER_LIVES = 1 << 8, /* SIG_PDEATH: other threads of the sender's live on */
	SIG_DEADLY = 1 << 9,	  /* delivered, ends by default, neither handled nor ignored */
	SIG_ENDING = 1 << 10,	  /* a group exit is under way: by this one, if delivered */
	SIG_TRACED = 1 << 11,	  /* by ptrace: one that was taken may be held, or changed */
	SIG_TAKEN = 1 << 12,	  /* not sent: the task takes it, and it ends the process */
	SIG_SAID = 1 << 13,	  /* by a sigqueue: its code is the sender's choice */
};

/* More wait than are looked through. */
#define SIG_MANY 255

struct signal_rec {
	struct rec_hdr hdr;
	struct task_core task;
	struct task_ref sender;
	__u64 ns_id;   /* SIG_ZAP: the namespace that is emptied */
	__u32 ns_inum; /* SIG_ZAP */
	__s32 sig;
	__s32 code; /* si_code */
	__u32 flags;
	__s16 result;
	__u8 own;    /* how many of this number wait in the task's own queue, or SIG_MANY */
	__u8 shared; /* in its group's */
	__s32 si_pid; /* as the target is told it: 0 where that is no process, or none of its own */
};

struct rename_rec {
	struct rec_hdr hdr;
	struct task_core task; /* comm: the old name */
	__u8 new_comm[COMM_LEN];
	__u32 in_exec;
	__u32 pad;
};

struct attach_rec {
	struct rec_hdr hdr;
	struct task_core task;
	struct task_full full; /* after the move */
};

/* A process whose birth was left out, now that it matters. */
struct shown_rec {
	struct rec_hdr hdr;
	struct task_core task;
	struct task_full full;
};

struct oom_rec {
	struct rec_hdr hdr;
	struct task_core task;
};

/* A cgroup came or went; maker is who did it. path has its NUL. No PID chain. */
struct cgroup_rec {
	struct rec_hdr hdr;
	struct task_ref maker;
	__u64 id;
	__u32 hierarchy;
	__u32 path_len;
	__u8 path[];
};

enum call {
	CALL_CLONE = 1,
	CALL_CLONE3,
	CALL_FORK,
	CALL_VFORK,
	CALL_UNSHARE,
	CALL_SETNS,
	CALL_PRCTL,
	CALL_PIVOT_ROOT,
};

#define CALL_PATH_LEN 256

struct syscall_rec {
	struct rec_hdr hdr;
	struct task_core task;
	__u64 flags;
	__s64 ret;
	__s64 arg;
	__u64 duration; /* ns from entry to exit */
	__s32 fd;
	__u32 call; /* enum call */
	__u8 new_root[CALL_PATH_LEN];
	__u8 put_old[CALL_PATH_LEN];
};

/* What ps tells besides, as of that moment: on snapshots only. The numbers are the
 * initial namespace's, 0 for none. */
struct task_job {
	__u64 cpu_ns; /* of all threads, ended ones included */
	__s32 pgid;
	__s32 sid;
	__s32 tpgid; /* the terminal's foreground process group */
	__u32 state; /* the leader's __state and exit_state */
	__s32 static_prio;
	__u8 locked;  /* has locked memory */
	__u8 cpu_cut; /* more threads than are added up: cpu_ns is too small */
	__u8 tty[18]; /* tty_struct.name, as pts0; empty without a terminal */
	struct task_ref ptracer; /* the thread that traces the leader; zero: none */
};

struct snapshot_rec {
	struct rec_hdr hdr;
	struct task_core task;
	struct task_full full;
	__u32 threads;
	__u32 exit_code;
	struct task_job job;
};

/* A power of two, so that a mask keeps a kind within. */
#define KINDS_ROOM 16
_Static_assert(REC_KINDS <= KINDS_ROOM, "more kinds than counters");

/* Where only some processes are followed: whether others are left out. */
enum follow_state {
	FOLLOWING_BEGINS, /* none yet: it is not known who is followed */
	FOLLOWING_ON,
	FOLLOWING_ENDED, /* no more: a mark found no room */
};

/* What a process is to those who are followed. */
enum part {
	PART_FOLLOWED = 1 << 0, /* and whom it creates or is the parent of at birth */
	PART_MAKER = 1 << 1,	/* not itself, but whom it creates */
	PART_MEMBER = 1 << 2,	/* in the PID namespace of one that is followed; its children, too */
	PART_CONTEXT = 1 << 3,	/* itself alone: may become a parent of one that is followed */
};

/* Per CPU: what was tried, what found no room and what was left out, by kind. */
struct counters {
	__u64 tried[KINDS_ROOM];
	__u64 dropped[KINDS_ROOM];
	__u64 filtered[KINDS_ROOM]; /* of processes that are not followed */
	__u64 births_newtask; /* processes since count_from, by task_newtask */
	__u64 births_fork;    /* the same, by sched_process_fork */
};

#pragma clang diagnostic pop

#endif
