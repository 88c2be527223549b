/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The one ring, what is counted beside it, and when its reader is woken.
 * A record is built on the program's own stack, or in the room reserved for it:
 * there is no scratch buffer that another task or an interrupt on the same CPU
 * could overwrite.
 */
#ifndef PTRACE_NS_RING_H
#define PTRACE_NS_RING_H

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 8 << 20); /* userspace sets the real size */
} ring SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct counters);
} counts SEC(".maps");

/* Knobs, set before load; the verifier prunes what they turn off. */
const volatile __u64 wakeup_bytes = 64 << 10;

/* All records that found no room so far. Each record carries the low half, so
 * that userspace sees between which two records the gap is. */
__u64 drops_total;

/* Set by the reader before it goes to sleep without a deadline: the next record
 * must wake it. */
__u32 reader_sleeps;

static __always_inline struct counters *counters(void)
{
	__u32 zero = 0;

	return bpf_map_lookup_elem(&counts, &zero);
}

/* Counts one record of the kind and reserves its room. Atomic adds, because an
 * interrupt or another task may count on this CPU at the same time. */
static __always_inline void *reserve(__u32 kind, __u64 size)
{
	struct counters *c = counters();
	void *rec;

	kind &= KINDS_ROOM - 1;
	if (!c)
		return NULL;
	__sync_fetch_and_add(&c->tried[kind], 1);
	rec = bpf_ringbuf_reserve(&ring, size, 0);
	if (!rec) {
		__sync_fetch_and_add(&c->dropped[kind], 1);
		__sync_fetch_and_add(&drops_total, 1);
	}
	return rec;
}

/* Takes back the count of a try that is made again with more room. */
static __always_inline void untry(__u32 kind)
{
	struct counters *c = counters();

	if (c)
		__sync_fetch_and_add(&c->tried[kind], -1);
}

/*
 * Waking a reader costs the traced process 6 to 15 µs, writing the record less
 * than one. So the reader is woken when it sleeps for good, and otherwise each
 * time another wakeup_bytes have gathered; it looks by itself soon enough for
 * the rest.
 */
static __always_inline __u64 wakeup(__u64 size)
{
	__u64 avail;

	if (reader_sleeps) {
		reader_sleeps = 0;
		return BPF_RB_FORCE_WAKEUP;
	}
	avail = bpf_ringbuf_query(&ring, BPF_RB_AVAIL_DATA);
	if ((avail ^ (avail + size)) & ~(wakeup_bytes - 1))
		return BPF_RB_FORCE_WAKEUP;
	return BPF_RB_NO_WAKEUP;
}

static __always_inline void submit(void *rec, __u64 size)
{
	bpf_ringbuf_submit(rec, wakeup(size));
}

/* Wakes the reader at once: for what is rare, and urgent because what it points to may
 * be gone in a moment. */
static __always_inline void submit_urgent(void *rec)
{
	reader_sleeps = 0;
	bpf_ringbuf_submit(rec, BPF_RB_FORCE_WAKEUP);
}

/* Copies a record of its true size from the stack into the ring. */
static __always_inline void output(__u32 kind, void *rec, __u64 size)
{
	struct counters *c = counters();

	kind &= KINDS_ROOM - 1;
	if (!c)
		return;
	__sync_fetch_and_add(&c->tried[kind], 1);
	if (bpf_ringbuf_output(&ring, rec, size, wakeup(size))) {
		__sync_fetch_and_add(&c->dropped[kind], 1);
		__sync_fetch_and_add(&drops_total, 1);
	}
}

#endif
