// SPDX-License-Identifier: MIT
//
// pn-overwrite ARG...: writes x over its own arguments, as programs do that hide a
// password, pages them out where the kernel does, says so on a line, and ends when its
// standard input does (S05).
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#ifndef MADV_PAGEOUT
#define MADV_PAGEOUT 21
#endif

int main(int argc, char **argv)
{
	long page = sysconf(_SC_PAGESIZE);
	char byte;

	for (int i = 1; i < argc; i++)
		memset(argv[i], 'x', strlen(argv[i]));
	// Without swap the page stays; what was captured must not depend on it.
	madvise((void *)((uintptr_t)argv[argc - 1] & ~(page - 1)), page, MADV_PAGEOUT);
	puts("overwritten");
	fflush(stdout);
	return read(0, &byte, 1) < 0;
}
