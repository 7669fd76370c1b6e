/* labrun, the program. Everything is in labrun_main; this is the one place that knows the process around it.
 */
#include <unistd.h>

#include "core/labrun_main.h"
#include "core/sys.h"

int main(int argc, char **argv)
{
        return labrun_main(sys_linux(), argc, argv, environ);
}
