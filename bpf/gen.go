package bpf

// The kernel half is compiled once, committed, and compared by the tests of the
// project with what the compiler makes of the sources now.
//go:generate go tool bpf2go -cc ${BPF_CLANG} -strip ${BPF_STRIP} -tags linux -target amd64,arm64 -type fork_rec -type exec_rec -type exec_small -type exec_medium -type exec_large -type exit_rec -type signal_rec -type rename_rec -type attach_rec -type oom_rec -type cgroup_rec -type syscall_rec -type snapshot_rec -type rec_hdr -type task_core -type task_full -type task_job -type task_ref -type pid_level -type counters -type rec_kind -type task_flag -type signal_flag -type exec_flag -type exec_shape -type read_status -type call -type shown_rec -type process_key -type follow_state -type part probes probes.bpf.c -- -O2 -g -Wall -Wextra -Werror -Wno-unused-parameter -Wno-sign-compare -fms-extensions
