// What the chip knows of itself and the SDK has no module for: why it started, and the system's heap. With the SDK's
// instrumentation built in (debug builds and `mcconfig -i`) also what XS takes. See chip.ts for the numbers.

#include "xsmc.h"
#include "xsHost.h"
#include "modInstrumentation.h"

#include "esp_heap_caps.h"
#include "esp_system.h"

void xs_mote_chip_fact(xsMachine *the)
{
	int32_t value = -1;

	switch (xsmcToInteger(xsArg(0))) {
		case 0:
			value = (int32_t)esp_reset_reason();
			break;
		case 1:
			value = (int32_t)heap_caps_get_free_size(MALLOC_CAP_8BIT);
			break;
		case 2:
			value = (int32_t)heap_caps_get_minimum_free_size(MALLOC_CAP_8BIT);
			break;
		case 3:
			value = (int32_t)heap_caps_get_largest_free_block(MALLOC_CAP_8BIT);
			break;
#if MODINSTRUMENTATION
		case 4:
			value = modInstrumentationGet(the, SlotHeapSize);
			break;
		case 5:
			value = modInstrumentationGet(the, ChunkHeapSize);
			break;
		case 6:
			value = modInstrumentationGet(the, StackRemain);
			break;
#endif
		default:
			break;
	}
	xsmcSetInteger(xsResult, value);
}
