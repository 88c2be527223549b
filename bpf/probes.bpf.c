// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only

//go:build ignore
/*
 * The kernel half, put together: one object, since all programs share one ring.
 * Each included file is one subject.
 */
#include "kernel.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include <bpf/bpf_core_read.h>

#include "event.h"
#include "compat.bpf.h"
#include "ring.bpf.h"
#include "task.bpf.h"
#include "follow.bpf.h"
#include "path.bpf.h"
#include "job.bpf.h"
#include "signal.bpf.h"

#include "fork.bpf.c"
#include "exec.bpf.c"
#include "exit.bpf.c"
#include "signal.bpf.c"
#include "deliver.bpf.c"
#include "rename.bpf.c"
#include "cgroup.bpf.c"
#include "oom.bpf.c"
#include "syscall.bpf.c"
#include "follow.bpf.c"
#include "snapshot.bpf.c"

/* The helpers that read the kernel are for GPL-compatible programs. */
char LICENSE[] SEC("license") = "Dual BSD/GPL";

/* Keeps the records' types in BTF, from which the Go twins are made. */
#define TWIN(type) const struct type *type##_twin __attribute__((unused))
TWIN(fork_rec);
TWIN(exec_small);
TWIN(exec_medium);
TWIN(exec_large);
TWIN(exit_rec);
TWIN(signal_rec);
TWIN(rename_rec);
TWIN(attach_rec);
TWIN(shown_rec);
TWIN(oom_rec);
TWIN(cgroup_rec);
TWIN(syscall_rec);
TWIN(snapshot_rec);
#define TWIN_ENUM(type) const enum type *type##_twin __attribute__((unused))
TWIN_ENUM(rec_kind);
TWIN_ENUM(task_flag);
TWIN_ENUM(signal_flag);
TWIN_ENUM(exec_flag);
TWIN_ENUM(exec_shape);
TWIN_ENUM(read_status);
TWIN_ENUM(call);
TWIN_ENUM(follow_state);
TWIN_ENUM(part);
