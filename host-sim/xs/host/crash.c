/* Ends of a machine: each with its own exit code, and with the place in the script where that can be had. */

#include "host.h"

extern void xsCaptureErrorStack(txMachine* the, txSlot* internal, txSlot* frame);

enum { PLACES = 2048, FRAMES = 16 };

static char gxThrownAt[PLACES];
static txSlot* gxThrown = C_NULL;
static txMachine* gxMachine = C_NULL;

static void append(char* text, size_t size, const char* format, ...)
{
	size_t length = c_strlen(text);
	va_list arguments;
	va_start(arguments, format);
	c_vsnprintf(text + length, size - length, format, arguments);
	va_end(arguments);
}

/* The calls that are under way, the innermost first: one "name (module:line)" a line. */
static void writeCalls(txMachine* the, char* text, size_t size)
{
	txSlot* frame = the->frame;
	txByte* code = the->code;
	int count = 0;
	text[0] = 0;
	for (; frame && (count < FRAMES); frame = frame->next) {
		txString module;
		txInteger line;
		if (code && hostLine(code, &module, &line)) {
			char name[128] = "";
			fxBufferFrameName(the, name, sizeof(name), frame, "");
			append(text, size, "%s (%s:%d)\n", name[0] ? name : "(anonymous)", module, (int)line);
			count++;
		}
		code = frame->value.frame.code;
	}
}

/* Called where an error is made: when it reaches us the calls are gone. */
void fxCaptureErrorStack(txMachine* the, txSlot* internal, txSlot* frame)
{
	gxThrown = internal;
	writeCalls(the, gxThrownAt, sizeof(gxThrownAt));
	xsCaptureErrorStack(the, internal, frame);
}

static void report(int code, const char* what, const char* detail, const char* calls)
{
	hostOutBegin(OUT_CRASH);
	hostOutBytes(&code, sizeof(code));
	hostOutBytes(what, c_strlen(what) + 1);
	hostOutBytes(detail, c_strlen(detail) + 1);
	hostOutBytes(calls, c_strlen(calls) + 1);
	hostOutEnd();
	hostOutFlush();
}

void hostFail(int code, const char* what, const char* detail)
{
	report(code, what, detail, "");
	_exit(code);
}

/* Name and message of what was thrown, read without running any script: there may be no memory left for that. */
static void describe(txMachine* the, char* text, size_t size)
{
	txSlot* slot = &mxException;
	text[0] = 0;
	if (mxIsReference(slot)) {
		txSlot* instance = slot->value.reference;
		txSlot* name = mxBehaviorGetProperty(the, instance, mxID(_name), 0, XS_ANY);
		txSlot* message = mxBehaviorGetProperty(the, instance, mxID(_message), 0, XS_ANY);
		if (name && mxIsStringPrimitive(name))
			append(text, size, "%s", name->value.string);
		if (message && mxIsStringPrimitive(message) && message->value.string[0])
			append(text, size, "%s%s", text[0] ? ": " : "", message->value.string);
		if (!text[0])
			append(text, size, "an object");
	}
	else if (mxIsStringPrimitive(slot))
		append(text, size, "%s", slot->value.string);
	else if (slot->kind == XS_INTEGER_KIND)
		append(text, size, "%d", (int)slot->value.integer);
	else if (slot->kind == XS_NUMBER_KIND)
		append(text, size, "%g", slot->value.number);
	else
		append(text, size, "a value that is no error");
}

void fxAbort(txMachine* the, int status)
{
	char detail[512] = "";
	char calls[PLACES];
	const char* what;
	int thrown = 0;
	switch (status) {
	case XS_NOT_ENOUGH_MEMORY_EXIT: what = "memory full"; break;
	case XS_STACK_OVERFLOW_EXIT: what = "stack overflow"; break;
	case XS_NO_MORE_KEYS_EXIT: what = "no more keys"; break;
	case XS_UNHANDLED_EXCEPTION_EXIT: what = "unhandled exception"; thrown = 1; break;
	case XS_UNHANDLED_REJECTION_EXIT: what = "unhandled rejection"; thrown = 1; break;
	case XS_DEAD_STRIP_EXIT: what = "a stripped function was called"; break;
	default: what = "the engine gave up"; break;
	}
	writeCalls(the, calls, sizeof(calls));
	if (thrown) {
		describe(the, detail, sizeof(detail));
		/* The error's own place, if it is the last one that was made. */
		if (mxIsReference(&mxException) && (mxException.value.reference->next == gxThrown))
			c_strcpy(calls, gxThrownAt);
	}
	report(EXIT_ENGINE + status, what, detail, calls);
	_exit(EXIT_ENGINE + status);
}

static void onSignal(int number, siginfo_t* info, void* context)
{
	char calls[PLACES];
	(void)context;
	writeCalls(gxMachine, calls, sizeof(calls));
	if (hostRomHolds(info->si_addr)) {
		report(EXIT_FLASH, "a write to the image", "what was made while the image was linked is read-only", calls);
		_exit(EXIT_FLASH);
	}
	report(128 + number, "the engine crashed", number == SIGSEGV ? "SIGSEGV" : "SIGBUS", calls);
	_exit(128 + number);
}

/* On a stack of its own: the script's calls use the C stack too. */
void hostCatchSignals(txMachine* the)
{
	static char stack[64 * 1024];
	stack_t alternative;
	struct sigaction action;
	gxMachine = the;
	c_memset(&alternative, 0, sizeof(alternative));
	alternative.ss_sp = stack;
	alternative.ss_size = sizeof(stack);
	sigaltstack(&alternative, C_NULL);
	c_memset(&action, 0, sizeof(action));
	action.sa_sigaction = onSignal;
	action.sa_flags = SA_SIGINFO | SA_ONSTACK;
	sigaction(SIGSEGV, &action, C_NULL);
	sigaction(SIGBUS, &action, C_NULL);
}
