/* Ends of a machine: each with its own exit code, and with the place in the script where that can be had. */

#include "host.h"

extern void xsCaptureErrorStack(txMachine* the, txSlot* internal, txSlot* frame);

enum { PLACES = 2048, FRAMES = 16 };
static char gxThrownAt[PLACES];
static txSlot* gxThrown = C_NULL;
static txMachine* gxMachine = C_NULL;

/* The calls that are under way, the innermost first: one "name (module:line)" a line. */
static void writeCalls(txMachine* the, char* text) {
	txSlot* frame = the->frame;
	txByte* code = the->code;
	txString module;
	txInteger line;
	int count = 0;
	size_t length = 0;
	text[0] = 0;
	for (; frame && (count < FRAMES); code = frame->value.frame.code, frame = frame->next) {
		char name[128] = "";
		if (!code || !hostLine(code, &module, &line)) continue;
		fxBufferFrameName(the, name, sizeof(name), frame, "");
		snprintf(text + length, PLACES - length, "%s (%s:%d)\n", name[0] ? name : "(anonymous)", module, (int)line);
		length += c_strlen(text + length);
		count++;
	}
}

/* Called where an error is made: when it reaches us the calls are gone. */
void fxCaptureErrorStack(txMachine* the, txSlot* internal, txSlot* frame) {
	gxThrown = internal;
	writeCalls(the, gxThrownAt);
	xsCaptureErrorStack(the, internal, frame);
}

static void end(int code, const char* what, const char* detail, const char* calls) XS_FUNCTION_NORETURN;
static void end(int code, const char* what, const char* detail, const char* calls) {
	hostOutBegin(OUT_CRASH);
	hostOutBytes(&code, sizeof(code));
	hostOutBytes(what, c_strlen(what) + 1);
	hostOutBytes(detail, c_strlen(detail) + 1);
	hostOutBytes(calls, c_strlen(calls) + 1);
	hostOutEnd();
	hostOutFlush();
	_exit(code);
}

void hostFail(int code, const char* what, const char* detail) { end(code, what, detail, ""); }

/* Name and message of what was thrown, read without running any script: there may be no memory left for that. */
static void describe(txMachine* the, char* text, size_t size) {
	txSlot *slot = &mxException, *name, *message;
	if (mxIsReference(slot)) {
		name = mxBehaviorGetProperty(the, slot->value.reference, mxID(_name), 0, XS_ANY);
		message = mxBehaviorGetProperty(the, slot->value.reference, mxID(_message), 0, XS_ANY);
		if (name && mxIsStringPrimitive(name) && message && mxIsStringPrimitive(message))
			snprintf(text, size, "%s: %s", name->value.string, message->value.string);
	}
	else if (mxIsStringPrimitive(slot)) snprintf(text, size, "%s", slot->value.string);
	else if (slot->kind == XS_INTEGER_KIND) snprintf(text, size, "%d", (int)slot->value.integer);
}

void fxAbort(txMachine* the, int status) {
	char detail[512] = "a value that is no error", calls[PLACES];
	const char* what = "the engine gave up";
	writeCalls(the, calls);
	switch (status) {
	case XS_NOT_ENOUGH_MEMORY_EXIT: what = "memory full"; break;
	case XS_STACK_OVERFLOW_EXIT: what = "stack overflow"; break;
	case XS_NO_MORE_KEYS_EXIT: what = "no more keys"; break;
	case XS_DEAD_STRIP_EXIT: what = "a stripped function was called"; break;
	case XS_UNHANDLED_EXCEPTION_EXIT:
	case XS_UNHANDLED_REJECTION_EXIT:
		what = status == XS_UNHANDLED_EXCEPTION_EXIT ? "unhandled exception" : "unhandled rejection";
		describe(the, detail, sizeof(detail));
		/* The error's own place, if it is the last one that was made. */
		if (mxIsReference(&mxException) && (mxException.value.reference->next == gxThrown)) c_strcpy(calls, gxThrownAt);
		end(EXIT_ENGINE + status, what, detail, calls);
	}
	end(EXIT_ENGINE + status, what, "", calls);
}

static void onSignal(int number, siginfo_t* info, void* context) {
	char calls[PLACES];
	(void)context;
	writeCalls(gxMachine, calls);
	if (hostRomHolds(info->si_addr)) end(EXIT_FLASH, "a write to the image", "", calls);
	end(128 + number, "the engine crashed", number == SIGSEGV ? "SIGSEGV" : "SIGBUS", calls);
}

/* On a stack of its own: the script's calls use the C stack too. */
void hostCatchSignals(txMachine* the) {
	static char stack[64 * 1024];
	stack_t alternative = { .ss_sp = stack, .ss_size = sizeof(stack) };
	struct sigaction action = { .sa_sigaction = onSignal, .sa_flags = SA_SIGINFO | SA_ONSTACK };
	gxMachine = the;
	sigaltstack(&alternative, C_NULL);
	sigaction(SIGSEGV, &action, C_NULL);
	sigaction(SIGBUS, &action, C_NULL);
}
