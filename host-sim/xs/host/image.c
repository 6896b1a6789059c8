/* Turns the root machine into the read-only image, by the rules of the SDK's linker (xs/tools/xslSlot.c). */

#include "host.h"

static txBoolean isFunctionSlot(txSlot* slot) {
	return (slot->kind == XS_CALLBACK_KIND) || (slot->kind == XS_CALLBACK_X_KIND) || (slot->kind == XS_CODE_KIND) || (slot->kind == XS_CODE_X_KIND);
}

static void forEachSlot(txMachine* the, void (*step)(txMachine*, txSlot*)) {
	txSlot *heap, *slot;
	for (heap = the->firstHeap; heap; heap = heap->next)
		for (slot = heap + 1; slot < heap->value.reference; slot++)
			if (!(slot->flag & XS_MARK_FLAG)) (*step)(the, slot);
}

static void freezeProperty(txSlot* property) {
	if (property->kind != XS_ACCESSOR_KIND) property->flag |= XS_DONT_SET_FLAG;
	property->flag |= XS_DONT_DELETE_FLAG;
}

static void freezeInstance(txSlot* instance) {
	txSlot* property;
	for (property = instance->next; property; property = property->next) freezeProperty(property);
	instance->flag |= XS_DONT_PATCH_FLAG;
}

/* Functions, their prototypes, scopes, and whatever cannot be copied to RAM on its first write. */
static void freezeKinds(txMachine* the, txSlot* slot) {
	txSlot* property = slot->next;
	(void)the;
	if ((slot->kind != XS_INSTANCE_KIND) || !property || !(property->flag & XS_INTERNAL_FLAG)) return;
	if (isFunctionSlot(property)) {
		freezeInstance(slot);
		if (slot->flag & XS_CAN_CONSTRUCT_FLAG)
			for (property = property->next; property; property = property->next)
				if ((property->ID == mxID(_prototype)) && (property->kind == XS_REFERENCE_KIND))
					freezeInstance(property->value.reference);
		return;
	}
	if (property->kind == XS_PROMISE_KIND) freezeInstance(property->next->value.reference);
	switch (property->kind) {
	case XS_MAP_KIND: case XS_SET_KIND: case XS_WEAK_MAP_KIND: case XS_WEAK_SET_KIND: case XS_WEAK_REF_KIND:
	case XS_ARRAY_BUFFER_KIND: case XS_DATA_VIEW_KIND: case XS_TYPED_ARRAY_KIND:
	case XS_PROXY_KIND: case XS_REGEXP_KIND: case XS_PROMISE_KIND:
		freezeInstance(slot);
		break;
	default:
		if (property->ID == XS_ENVIRONMENT_BEHAVIOR) freezeInstance(slot);
	}
}

static txBoolean isFrozen(txSlot* property) {
	return ((property->kind == XS_ACCESSOR_KIND) || (property->flag & XS_DONT_SET_FLAG)) && (property->flag & XS_DONT_DELETE_FLAG);
}

/* An instance frozen in every part stays in the image; fxShare looks at the internal slots too, so they are marked. */
static void petrify(txMachine* the, txSlot* slot) {
	txSlot *property, *item;
	if ((slot->kind != XS_INSTANCE_KIND) || !(slot->flag & XS_DONT_PATCH_FLAG)) return;
	for (property = slot->next; property; property = property->next) {
		if (property->kind == XS_ARRAY_KIND) {
			txIndex c = fxGetIndexSize(the, property);
			for (item = property->value.array.address; c > 0; item++, c--)
				if (!isFrozen(item)) return;
		}
		else if (!(property->flag & XS_INTERNAL_FLAG) && !isFrozen(property)) return;
	}
	for (property = slot->next; property && (property->flag & XS_INTERNAL_FLAG); property = property->next) {
		property->flag |= XS_DONT_SET_FLAG | XS_DONT_DELETE_FLAG;
		if (property->kind == XS_PRIVATE_KIND)
			for (item = property->value.private.first; item; item = item->next) freezeProperty(item);
	}
}

/* Variables that hold functions are as good as constant. */
static void freezeClosures(txMachine* the, txSlot* slot) {
	txSlot* closure = slot->value.closure;
	(void)the;
	if ((slot->kind != XS_CLOSURE_KIND) || (closure->kind != XS_REFERENCE_KIND)) return;
	if (closure->value.reference->next && isFunctionSlot(closure->value.reference->next)) closure->flag |= XS_DONT_SET_FLAG;
}

/* Math, JSON, Reflect and all prototypes, as fxFreezeBuiltIns does. */
static void freezeBuiltIns(txMachine* the) {
	int id;
	fxBeginHost(the);
	for (id = mxInstanceInspectorsStackIndex + 1; id < mxEmptyCodeStackIndex; id++) {
		txSlot* slot = &the->stackTop[-1 - id];
		if (slot->kind != XS_REFERENCE_KIND) continue;
		mxPush(mxObjectConstructor);
		mxDub();
		fxGetID(the, mxID(_freeze));
		mxCall();
		mxPushSlot(slot);
		mxRunCount(1);
		mxPop();
	}
	fxEndHost(the);
}

/* A linked machine's global is an ordinary object; this one would write what it looks up into a table of its own. */
static void plainGlobal(txMachine* the) {
	txSlot* instance = mxGlobal.value.reference;
	if (!instance->next || (instance->next->kind != XS_GLOBAL_KIND)) return;
	instance->flag &= ~XS_EXOTIC_FLAG;
	instance->next = instance->next->next;
}

/*
	Chunks of the root are not the clone's: its collector would mark and move them. In the image the SDK's linker
	writes the _X_ kinds, which the collector leaves alone.
*/
static void romKind(txMachine* the, txSlot* slot) {
	switch (slot->kind) {
	case XS_STRING_KIND: slot->kind = XS_STRING_X_KIND; break;
	case XS_BIGINT_KIND: slot->kind = XS_BIGINT_X_KIND; break;
	case XS_CODE_KIND: slot->kind = XS_CODE_X_KIND; break;
	case XS_CALLBACK_KIND: slot->kind = XS_CALLBACK_X_KIND; break;
	case XS_KEY_KIND: slot->kind = XS_KEY_X_KIND; break;
	case XS_ARRAY_KIND: {
		txSlot* item = slot->value.array.address;
		txIndex c = item ? fxGetIndexSize(the, slot) : 0;
		for (; c > 0; item++, c--) romKind(the, item);
	}
	}
}

void hostFreeze(txMachine* the) {
	txSlot *heap, *slot;
	txID id;
	plainGlobal(the);
	freezeBuiltIns(the);
	fxCollectGarbage(the);
	for (slot = the->freeHeap; slot; slot = slot->next) slot->flag |= XS_MARK_FLAG; /* no part of the image */
	forEachSlot(the, freezeKinds);
	forEachSlot(the, petrify);
	forEachSlot(the, freezeClosures);
	for (slot = the->freeHeap; slot; slot = slot->next) slot->flag &= ~XS_MARK_FLAG;
	fxShareMachine(the);
	for (heap = the->firstHeap; heap; heap = heap->next)
		for (slot = heap + 1; slot < heap->value.reference; slot++) romKind(the, slot);
	for (slot = the->stack; slot < the->stackTop; slot++) romKind(the, slot);
	for (id = 0; id < the->keyIndex; id++)
		if (the->keyArray[id]) romKind(the, the->keyArray[id]);
	hostRomProtect();
}
