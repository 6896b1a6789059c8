/* What XS asks of the place it runs in. The engine includes this file as its XSPLATFORM. */
#ifndef MOTE_XS_PLATFORM
#define MOTE_XS_PLATFORM

#undef mxLittleEndian
#define mxLittleEndian 1
#if defined(__linux__)
	#undef mxLinux
	#define mxLinux 1
#elif defined(__APPLE__)
	#undef mxMacOSX
	#define mxMacOSX 1
#else
	#error the host knows Linux and macOS
#endif
#define mxExport extern
#define mxImport extern
#define XS_FUNCTION_NORETURN __attribute__((noreturn))

#include <ctype.h>
#include <errno.h>
#include <float.h>
#include <math.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#define mxUseGCCAtomics 1
#define mxUsePOSIXThreads 1
#define mxUseDefaultBuildKeys 1
#define mxUseDefaultSharedChunks 1

/* heap, heap_ptr and heap_pend: the one block of the small boards, as in the SDK's xs/platforms/mc. */
#define mxMachinePlatform \
	uint8_t *heap, *heap_ptr, *heap_pend; \
	int promiseJobs; \
	void *waiterCondition, *waiterData, *waiterLink;

/* Time and chance are the parent's: see timers.c. */
typedef struct timeval c_timeval;
#define c_timezone timezone
extern int hostTimeOfDay(struct timeval* tv, void* zone);
#define c_gettimeofday hostTimeOfDay
extern int hostRandom(void);
#define c_rand hostRandom
#define C_RAND_MAX 0x7fffffff

#endif
