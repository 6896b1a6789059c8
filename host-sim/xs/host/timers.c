/* Clock, chance and timers. The time is what the parent last said; it stands still while the script runs. */

#include "host.h"

enum { TIMERS = 64 };
typedef struct { char place[96]; int used, armed, parked; uint64_t serial; txSlot callback, self; double due, repeat; uint64_t order; } HostTimer;
static HostTimer gxTimers[TIMERS];
static uint64_t gxOrder = 0, gxRandom = 1;
double gxNow = 0, gxEpoch = 0;

int hostTimeOfDay(struct timeval* tv, void* zone) {
	double ms = gxEpoch + gxNow, s = floor(ms / 1000);
	(void)zone;
	tv->tv_sec = (time_t)s;
	tv->tv_usec = (suseconds_t)((ms - 1000 * s) * 1000);
	return 0;
}

void hostSeed(double seed) { gxRandom = (uint64_t)seed + 0x9e3779b97f4a7c15ull; }

/* splitmix64 */
int hostRandom(void) {
	uint64_t z = (gxRandom += 0x9e3779b97f4a7c15ull);
	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
	return (int)((z ^ (z >> 31)) & 0x7fffffff);
}

/* Keeps the callback and what it is called with; -1 if no timer is left. */
txInteger hostTimerNew(txMachine* the, txSlot* callback, txSlot* self) {
	txInteger i;
	for (i = 0; (i < TIMERS) && gxTimers[i].used; i++);
	if (i == TIMERS) return -1;
	gxTimers[i] = (HostTimer){ .used = 1, .serial = gxOrder, .order = gxOrder, .callback = *callback, .self = *self };
	gxOrder++;
	hostPlace(the, gxTimers[i].place, sizeof(gxTimers[i].place));
	fxRemember(the, &gxTimers[i].callback);
	fxRemember(the, &gxTimers[i].self);
	return i;
}

void hostTimerFree(txMachine* the, txInteger i) {
	if ((i < 0) || (i >= TIMERS) || !gxTimers[i].used) return;
	fxForget(the, &gxTimers[i].callback);
	fxForget(the, &gxTimers[i].self);
	gxTimers[i].used = gxTimers[i].armed = 0;
}

/* Below 0: parks the timer. */
void hostTimerArm(txInteger i, double ms, double repeat) {
	if ((i < 0) || (i >= TIMERS) || !gxTimers[i].used) return;
	gxTimers[i].armed = ms >= 0;
	gxTimers[i].parked = ms < 0;
	gxTimers[i].due = gxNow + ms;
	gxTimers[i].repeat = repeat;
	gxTimers[i].order = gxOrder++;
}

static HostTimer* nextTimer(void) {
	HostTimer *next = C_NULL, *timer;
	for (timer = gxTimers; timer < gxTimers + TIMERS; timer++)
		if (timer->armed && (!next || (timer->due < next->due) || ((timer->due == next->due) && (timer->order < next->order))))
			next = timer;
	return next;
}

/* When the next timer is due, ms on the parent's clock; -1 if none is. */
double hostTimerDue(void) {
	HostTimer* timer = nextTimer();
	return timer ? timer->due : -1;
}

/* A timer that the others arm for now waits for the next turn, so that the parent can come between. */
void hostTimersFire(txMachine* the) {
	uint64_t order = gxOrder;
	HostTimer* timer;
	while ((timer = nextTimer()) && (timer->due <= gxNow) && (timer->order < order)) {
		uint64_t serial = timer->serial;
		if (timer->repeat <= 0) timer->armed = timer->parked = 0;
		else {
			timer->due += timer->repeat;
			if (timer->due <= gxNow) timer->due = gxNow + timer->repeat;
			timer->order = gxOrder++;
		}
		hostCall(the, timer->place, &timer->callback, &timer->self);
		/* As the SDK's: without a repeat it is gone now, even if it was scheduled meanwhile, unless it was parked. */
		if (timer->used && (timer->serial == serial) && (timer->repeat <= 0) && !timer->parked) hostTimerFree(the, (txInteger)(timer - gxTimers));
	}
}
