; Inno Setup 6: an installer for one person, of the folder that PyInstaller made.
;   .venv\Scripts\pyinstaller --noconfirm packaging\bundle\loom-studio.spec
;   iscc /DVersion=0.1.0 packaging\windows\loom-studio.iss
#ifndef Version
  #error Say the version: /DVersion=…
#endif

[Setup]
AppId={{6B4B4B0E-9F0C-4B8D-9C37-3F8B4E9A5C11}
AppName=Loom Studio
AppVersion={#Version}
AppPublisher=The Loom Studio developers
DefaultDirName={autopf}\Loom Studio
DefaultGroupName=Loom Studio
PrivilegesRequired=lowest
ArchitecturesAllowed=x64compatible
ArchitecturesInstallIn64BitMode=x64compatible
LicenseFile=..\..\LICENSE
OutputDir=..\..\dist
OutputBaseFilename=loom-studio-{#Version}-setup
Compression=lzma2
SolidCompression=yes
WizardStyle=modern
ChangesEnvironment=yes
SetupIconFile=..\..\build\loom-studio.ico
UninstallDisplayIcon={app}\loom-studio.exe

[Tasks]
Name: desktopicon; Description: "{cm:CreateDesktopIcon}"; Flags: unchecked
Name: path; Description: "Put loom on the PATH of terminals"; Flags: unchecked

; What an older version brought and this one does not would be imported all the same.
[InstallDelete]
Type: filesandordirs; Name: "{app}\_internal"

[Files]
Source: "..\..\dist\loom-studio\*"; DestDir: "{app}"; Flags: recursesubdirs ignoreversion

[Icons]
Name: "{group}\Loom Studio"; Filename: "{app}\loom-studio.exe"
Name: "{autodesktop}\Loom Studio"; Filename: "{app}\loom-studio.exe"; Tasks: desktopicon

[Registry]
Root: HKCU; Subkey: "Environment"; ValueType: expandsz; ValueName: "Path"; ValueData: "{olddata};{app}"; Tasks: path; Check: IsNotOnPath

[Run]
Filename: "{app}\loom-studio.exe"; Description: "{cm:LaunchProgram,Loom Studio}"; Flags: nowait postinstall skipifsilent

[Code]
function IsNotOnPath: Boolean;
var
  Known: string;
begin
  Result := True;
  if RegQueryStringValue(HKCU, 'Environment', 'Path', Known) then
    Result := Pos(';' + Uppercase(ExpandConstant('{app}')) + ';', ';' + Uppercase(Known) + ';') = 0;
end;

procedure CurUninstallStepChanged(CurUninstallStep: TUninstallStep);
var
  Known: string;
  At: Integer;
begin
  if (CurUninstallStep <> usPostUninstall) or not RegQueryStringValue(HKCU, 'Environment', 'Path', Known) then
    Exit;
  At := Pos(';' + Uppercase(ExpandConstant('{app}')) + ';', ';' + Uppercase(Known) + ';');
  if At > 0 then
  begin
    Delete(Known, At, Length(ExpandConstant('{app}')) + 1);
    RegWriteExpandStringValue(HKCU, 'Environment', 'Path', Known);
  end;
end;
