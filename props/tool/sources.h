/*
 * What a program was built from: 16 hexadecimal digits of a digest over core/, props/ and fuzz/, made by the build
 * (.cmake/sources.cmake). A crash is judged by programs of other builds than the one that asks, and one that was not
 * built anew since would answer for code that is gone.
 */
#pragma once

extern const char tool_sources[];
